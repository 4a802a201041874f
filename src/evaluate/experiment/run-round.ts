import { fingerprintOf } from '../../analysis/fingerprint.js';
import type { Fingerprint, JsonObject, NewReviewRun, RecordedRun, RunStore } from '../../analysis/run-store.js';
import { type ReviewOutcome, type ReviewStream, streamReviews } from '../../analysis/stream-reviews.js';
import type { TokenPrice } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { createAbortController } from '../../foundation/abort.js';
import { InterruptedError, type SpellOption } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { onField } from './compared-field.js';
import { Effort, EffortMeter } from './effort.js';
import type { Variant } from './experiment-plan.js';
import type { GridCounter } from './grid-progress.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';
import { repeatedSample } from './repeated-sample.js';
import { PausableClock, RowGate } from './row-gate.js';
import type { RoundAnswers, VariantRecord } from './variant-answers.js';

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
  /** Called for each answer, block by block, those of a variant in the order of the rows, and awaited. */
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
 * One variant over all rows, once. Between its blocks other variants have their turn: the requests of a block have ended
 * before the next one begins. The run is kept from other processes meanwhile. The first round uses recorded answers, repeats do not.
 */
export class VariantRound {
  private readonly gate: RowGate<LabelledRow> | undefined;
  private readonly clock: PausableClock;
  private readonly meter: EffortMeter;
  private readonly signal: AbortSignal;
  private started: StartedRound | undefined;
  private taken = 0;
  private counted = 0;
  private isOver = false;
  /** Its run is kept in the store, and has not ended. */
  private isPaused = false;

  constructor(
    private readonly record: VariantRecord,
    private readonly repeat: number | typeof repeatedSample,
    private readonly agent: Agent,
    private readonly grid: GridCounter,
    private readonly options: RoundOptions & { readonly inBlocks: boolean; readonly measuredRows?: number },
  ) {
    const { data, signal = createAbortController().signal, runtime = nodeRuntime } = options;
    this.signal = signal;
    this.gate = options.inBlocks ? new RowGate(data.rows) : undefined;
    this.clock = new PausableClock(runtime);
    this.meter = new EffortMeter(this.clock.runtime, options.measuredRows);
  }

  /** Rows that are not completed. */
  get rowsLeft(): number {
    return this.options.data.rows.length - this.counted;
  }

  /**
   * Classifies the next rows, up to this one.
   * @param load whether the server has used another model since the last block
   * @throws the catalogue's model errors before the first request; StoreError; the signal's reason
   */
  async runBlock(end: number, load: boolean): Promise<void> {
    const { grid, record, repeat, options } = this;
    const round = await this.begin(load);
    grid.begin(record.variant.name, numberOf(repeat));
    let failure: { readonly error: unknown } | undefined;
    try {
      this.clock.start();
      this.gate?.open(end);
      while (this.taken < end && (await this.takeOutcome(round))) {}
      if (this.taken >= options.data.rows.length) {
        await round.outcomes.next();
        this.isOver = true;
        this.meter.endBlock();
        record.endRound(round.stream.summary(), this.measured(round));
      }
    } catch (error) {
      failure = { error };
      await this.close();
      throw error;
    } finally {
      this.meter.endBlock();
      this.clock.pause();
      await this.endRun(round, failure);
    }
  }

  /** Ends a round that will have no further block. */
  async close(): Promise<void> {
    this.isOver = true;
    this.gate?.close();
    await this.started?.outcomes.return?.();
    await this.endPaused();
  }

  /** Never rejects: the store, if it fails, fails for the block as well that ends the experiment. */
  private async endPaused(): Promise<void> {
    const { started, options } = this;
    if (!this.isPaused || !started?.plan) return;
    this.isPaused = false;
    try {
      await options.record?.store.begin(started.plan);
      await options.record?.store.end('interrupted', this.summaryOf(started));
    } catch {
      // The store releases its runs when it is closed.
    }
  }

  private async begin(load: boolean): Promise<StartedRound> {
    const { agent, record, options, signal, started } = this;
    if (started) {
      if (load) await agent.prepare({ signal });
      if (started.plan) await options.record?.store.begin(started.plan);
      this.isPaused = false;
      return started;
    }
    const info = await agent.prepare({ signal });
    record.serverVersion = info.serverVersion;
    record.digest = info.digest ?? null;
    const plan = this.planRun(fingerprintOf(agent, info));
    const begun = plan && (await options.record?.store.begin(plan));
    if (begun) record.runs.push(begun.runId);
    const run = options.record && begun && { store: options.record.store, begun, cache: plan.cache };
    this.clock.start();
    const stream = this.openStream(run);
    const outcomes = stream.outcomes[Symbol.asyncIterator]();
    this.started = {
      plan: begun && { ...plan, runId: begun.runId },
      run,
      stream,
      outcomes,
      answers: record.beginRound(),
    };
    return this.started;
  }

  private planRun(fingerprint: Fingerprint): NewReviewRun | undefined {
    const { record, repeat, options } = this;
    if (!options.record) return undefined;
    const { names, digest, choice, configuration, fresh, newRunId } = options.record;
    return {
      runId: newRunId(),
      command: 'experiment',
      fingerprint,
      configuration: { ...configuration, variant: record.variant.name, repeat },
      input: {
        names,
        digest,
        scan: null,
        choice: JSON.stringify({ choice, rows: options.data.rows.length, repeat }),
      },
      fresh,
      cache: repeat === 1,
    };
  }

  private openStream(run: RecordedRun | undefined): ReviewStream<LabelledRow> {
    const { agent, record, options, grid, meter, gate } = this;
    return streamReviews<LabelledRow>(gate ?? options.data.rows, {
      agent,
      workers: options.workers,
      workerCap: options.workerCap,
      total: options.data.rows.length,
      labelled: true,
      price: options.priceOf?.(agent.model.name),
      run,
      signal: this.signal,
      onWarning(warning) {
        // Later rounds repeat the warning with other numbers.
        if (record.warning !== null) return;
        record.warning = `${record.variant.name}: ${warning}`;
        options.onWarning?.(record.warning);
      },
      onProgress: (_, latest) => {
        this.counted += 1;
        meter.add(latest);
        grid.add(latest);
      },
      observer: options.observer,
      runtime: this.clock.runtime,
      spell: options.spell,
    });
  }

  /** @returns whether there was one */
  private async takeOutcome({ outcomes, answers }: StartedRound): Promise<boolean> {
    const { record, repeat, options } = this;
    const step = await outcomes.next();
    if (step.done) return false;
    const outcome = step.value;
    answers.record(this.taken, onField(outcome, options.data.field));
    record.add(outcome);
    this.taken += 1;
    if (outcome.result.status !== 'cancelled') await options.onOutcome?.(record.variant, numberOf(repeat), outcome);
    return true;
  }

  private measured({ run }: StartedRound): Effort {
    const all = new Effort();
    all.merge(run?.begun.resumed?.summary?.effort);
    all.merge(this.meter.effort.toJSON());
    return all;
  }

  private async endRun(round: StartedRound, failure: { readonly error: unknown } | undefined): Promise<void> {
    const summary = this.summaryOf(round);
    if (!failure && !this.isOver) {
      await round.run?.store.pause(summary);
      this.isPaused = true;
      return;
    }
    await round.run?.store.end(statusOf(failure), summary).catch((error: unknown) => {
      // The first failure is the cause of the second.
      if (!failure) throw error;
    });
  }

  private summaryOf(round: StartedRound) {
    return { ...round.stream.summary(), effort: this.measured(round).toJSON() };
  }
}

interface StartedRound {
  /** To begin the run again. */
  readonly plan: NewReviewRun | undefined;
  readonly run: RecordedRun | undefined;
  readonly stream: ReviewStream<LabelledRow>;
  readonly outcomes: AsyncIterator<ReviewOutcome<LabelledRow>>;
  readonly answers: RoundAnswers;
}

/** The repeated sample is another round of the first repeat. */
function numberOf(repeat: number | typeof repeatedSample): number {
  return repeat === repeatedSample ? 1 : repeat;
}

function statusOf(failure: { readonly error: unknown } | undefined): 'done' | 'stopped' | 'interrupted' {
  if (!failure) return 'done';
  return failure.error instanceof InterruptedError ? 'interrupted' : 'stopped';
}
