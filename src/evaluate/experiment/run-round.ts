import { fingerprintOf } from '../../analysis/fingerprint.js';
import type { ReviewResult } from '../../analysis/review-result.js';
import type { JsonObject, RecordedRun, RunStore } from '../../analysis/run-store.js';
import { type ReviewOutcome, streamReviews } from '../../analysis/stream-reviews.js';
import type { TokenPrice } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { createAbortController } from '../../foundation/abort.js';
import { InterruptedError, type SpellOption } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { guard } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { ModelInfo } from '../../model/model.js';
import type { Variant } from './experiment-plan.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';
import { Effort, type VariantRecord } from './variant-answers.js';

/** Where and how an experiment is recorded. */
export interface ExperimentStore {
  readonly store: RunStore;
  /** Absolute paths of the data. */
  readonly names: readonly string[];
  /** SHA-256 of their contents, in hex. */
  readonly digest: string;
  /** Which columns and rows are used, in canonical JSON. */
  readonly choice: string;
  /** All settings, for people; no secrets. */
  readonly configuration: JsonObject;
  /** Ignores what earlier runs recorded. @default false */
  readonly fresh?: boolean | undefined;
  readonly newRunId: () => string;
}

export interface RoundOptions {
  readonly data: LabelledRows;
  /** Exactly this many workers; 0 for the automatic count. @default 0 */
  readonly workers?: number | undefined;
  /** Upper bound of the automatic count. @default 16 */
  readonly workerCap?: number | undefined;
  readonly record?: ExperimentStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: Observer | string | undefined;
  readonly runtime?: Runtime | undefined;
  /** Called for each answer, variant by variant, in the order of the rows, and awaited. */
  readonly onOutcome?:
    | ((variant: Variant, repeat: number, outcome: ReviewOutcome<LabelledRow>) => Promise<void>)
    | undefined;
  /** Called at once when the answers of a variant may be unreliable; the result has the warning, too. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Writes an option that a warning or the error of a review names. @default as a caller of the library knows it */
  readonly spell?: SpellOption | undefined;
  /** Price of a model; undefined if it is not known. */
  readonly priceOf?: ((model: string) => TokenPrice | undefined) | undefined;
}

/**
 * Classifies all rows with one variant, once. The first round uses recorded answers, repeats do not.
 * @throws the catalogue's model errors before the first request; StoreError; the signal's reason
 */
export async function runRound(
  record: VariantRecord,
  repeat: number,
  agent: Agent,
  grid: GridCounter,
  options: RoundOptions,
): Promise<void> {
  const { data, signal = createAbortController().signal, onOutcome } = options;
  const { variant } = record;
  const info = await agent.prepare({ signal });
  record.serverVersion = info.serverVersion;
  record.digest = info.digest ?? null;
  const run = await begin(variant, repeat, agent, info, options);
  if (run) record.runs.push(run.begun.runId);
  grid.begin(variant.name, repeat);
  const stream = streamReviews(data.rows, {
    agent,
    workers: options.workers,
    workerCap: options.workerCap,
    labelled: true,
    price: options.priceOf?.(agent.model.name),
    run,
    signal,
    onWarning(warning) {
      // Later rounds repeat the warning with other numbers.
      if (record.warning !== null) return;
      record.warning = `${variant.name}: ${warning}`;
      options.onWarning?.(record.warning);
    },
    onProgress: (_, latest) => grid.add(latest),
    observer: options.observer,
    runtime: options.runtime,
    spell: options.spell,
  });
  const answers = record.beginRound();
  const effort = new Effort();
  const measured = () => {
    const all = new Effort();
    all.merge(run?.begun.resumed?.summary?.effort);
    effort.requestMs = effort.requests > 0 ? stream.summary().duration_ms : 0;
    all.merge(effort.toJSON());
    return all;
  };
  let position = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const outcome of stream.outcomes) {
      answers.record(position, outcome);
      record.add(outcome);
      if (outcome.result.status === 'ok' && !outcome.result.cached) effort.add(outcome.result.duration_ms);
      position += 1;
      if (outcome.result.status !== 'cancelled') await onOutcome?.(variant, repeat, outcome);
    }
    record.endRound(stream.summary(), measured());
  } catch (error) {
    failure = { error };
    throw error;
  } finally {
    await run?.store
      .end(statusOf(failure), { ...stream.summary(), effort: measured().toJSON() })
      .catch((error: unknown) => {
        // The first failure is the cause of the second.
        if (!failure) throw error;
      });
  }
}

async function begin(
  variant: Variant,
  repeat: number,
  agent: Agent,
  info: ModelInfo,
  { record, data }: RoundOptions,
): Promise<RecordedRun | undefined> {
  if (!record) return undefined;
  const { store, names, digest, choice, configuration, fresh, newRunId } = record;
  const cache = repeat === 1;
  const begun = await store.begin({
    runId: newRunId(),
    command: 'experiment',
    fingerprint: fingerprintOf(agent, info),
    configuration: { ...configuration, variant: variant.name, repeat },
    input: { names, digest, scan: null, choice: JSON.stringify({ choice, rows: data.rows.length, repeat }) },
    fresh,
    cache,
  });
  return { store, begun, cache };
}

function statusOf(failure: { readonly error: unknown } | undefined): 'done' | 'stopped' | 'interrupted' {
  if (!failure) return 'done';
  return failure.error instanceof InterruptedError ? 'interrupted' : 'stopped';
}

/** Progress of a whole experiment. */
export interface GridProgress {
  /** Finished rows of all variants and repeats. */
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  /** Finished rows without a request. */
  readonly reused: number;
  readonly elapsedMs: number;
  /** The variant in progress. */
  readonly variant: string;
  /** 1-based. */
  readonly repeat: number;
}

/** Counts and reports the finished rows of all variants and repeats. */
export class GridCounter {
  private done = 0;
  private failed = 0;
  private reused = 0;
  private variant = '';
  private repeat = 1;
  private readonly startedAt: number;
  private readonly report: ((progress: GridProgress) => void) | undefined;

  constructor(
    private total: number,
    private readonly runtime: Runtime,
    onProgress: ((progress: GridProgress) => void) | undefined,
  ) {
    this.startedAt = runtime.now();
    this.report = onProgress && guard(onProgress, 'onProgress');
  }

  begin(variant: string, repeat: number): void {
    this.variant = variant;
    this.repeat = repeat;
  }

  add({ status, cached }: ReviewResult): void {
    this.done += 1;
    if (status === 'failed') this.failed += 1;
    if (cached) this.reused += 1;
    const { done, total, failed, reused, variant, repeat } = this;
    this.report?.({ done, total, failed, reused, elapsedMs: this.runtime.now() - this.startedAt, variant, repeat });
  }

  /** Removes rows that will not be requested. */
  drop(rows: number): void {
    this.total -= rows;
  }
}
