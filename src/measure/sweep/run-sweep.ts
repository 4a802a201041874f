import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { seededRandom, shuffled } from '../../foundation/statistics/random-variates.js';
import { LevelRows } from './level-rows.js';
import { type LevelMeasure, measureLevel } from './measure-level.js';
import { type AskOnce, inParallel, type LevelRun, runLevel } from './run-level.js';

export interface SweepOptions {
  /** One request, without another attempt. */
  readonly ask: AskOnce;
  /** What to ask about; each row is used once, as long as there are enough. */
  readonly inputs: readonly PromptInput[];
  /** Numbers of workers. @default doubled from 1 until the throughput no longer grows, and then refined around that */
  readonly levels?: readonly number[] | undefined;
  /** How often each level is measured. @default 3 */
  readonly repeats?: number | undefined;
  /** Longest time of a level after its warm-up, in milliseconds. @default 30000 */
  readonly durationMs?: number | undefined;
  /** Requests of a level after its warm-up. @default as many as the time allows */
  readonly requests?: number | undefined;
  /** Rows whose labels are compared between levels, for each repeat. @default 20 */
  readonly agreementRows?: number | undefined;
  /** Seed of the order of the levels. @default 1 */
  readonly seed?: number | undefined;
  readonly signal: AbortSignal;
  readonly runtime?: Runtime | undefined;
  /** Processor time of this process so far, in milliseconds. */
  readonly cpuMs?: (() => number) | undefined;
  /** Called before a level is measured. */
  readonly onLevel?: ((workers: number, repeat: number) => void) | undefined;
}

/** A level, measured once. */
export interface MeasuredLevel {
  /** 0-based. */
  readonly repeat: number;
  readonly run: LevelRun;
  readonly measure: LevelMeasure;
  /** The labels of the rows that all levels of the repeat are asked about; null for a failed one. */
  readonly labels: readonly (string | null)[];
  /** Whether rows had to come again. */
  readonly isRepeating: boolean;
}

/** The largest level of a search. */
const mostWorkers = 128;
/** A search continues while a level is better than the best one before by this factor. */
const growth = 1.05;

/**
 * Measures how throughput and latency depend on the number of workers. The order of the levels is random within each
 * repeat, so that a server that gets slower meanwhile does not look like one that does not scale; a search goes upwards in
 * its first repeat. Ends early when two levels after one another have no answer.
 * @throws InvalidOptionError; the signal's reason
 */
export async function* runSweep(options: SweepOptions): AsyncGenerator<MeasuredLevel, void, undefined> {
  const sweep = new Sweep(options);
  const { levels, repeats = 3, seed = 1 } = options;
  const random = seededRandom(seed);
  const known = levels === undefined ? yield* sweep.search() : [...new Set([1, ...levels])];
  for (let repeat = levels === undefined ? 1 : 0; repeat < repeats; repeat += 1) {
    for (const workers of shuffled(known, random)) {
      if (sweep.isOver) return;
      yield await sweep.measure(workers, repeat);
    }
  }
}

class Sweep {
  private readonly runtime: Runtime;
  private readonly rows: LevelRows;
  private readonly shared: readonly PromptInput[];
  private readonly sharedPerRepeat: number;
  private silent = 0;

  constructor(private readonly options: SweepOptions) {
    const { inputs, repeats = 3, agreementRows = 20, levels, durationMs = 30_000, requests = 1 } = options;
    requirePositive('repeats', repeats);
    requirePositive('requests', requests);
    for (const level of levels ?? []) requirePositive('levels', level);
    if (!(durationMs > 0)) throw new InvalidOptionError('durationMs', 'above 0 (milliseconds)', durationMs);
    if (inputs.length === 0) throw new InvalidOptionError('inputs', 'at least one row', inputs);
    this.runtime = options.runtime ?? nodeRuntime;
    // Rows that all levels share would be known to the server: they are kept apart where there are enough.
    const reserved = Math.min(agreementRows * repeats, Math.floor(inputs.length / 4));
    this.shared = reserved === 0 ? inputs : inputs.slice(-reserved);
    this.sharedPerRepeat = Math.max(1, Math.min(agreementRows, Math.floor(this.shared.length / repeats)));
    this.rows = new LevelRows(reserved === 0 ? inputs : inputs.slice(0, -reserved));
  }

  get isOver(): boolean {
    return this.silent >= 2;
  }

  async measure(workers: number, repeat: number): Promise<MeasuredLevel> {
    const { ask, durationMs = 30_000, requests, signal, cpuMs, onLevel } = this.options;
    const { rows, runtime } = this;
    onLevel?.(workers, repeat);
    const run = await runLevel({ ask, rows, workers, durationMs, requests, signal, runtime, cpuMs });
    const measure = measureLevel(run);
    this.silent = measure.answered === 0 ? this.silent + 1 : 0;
    const labels = measure.answered === 0 ? [] : await this.askShared(workers, repeat);
    return { repeat, run, measure, labels, isRepeating: rows.isRepeating };
  }

  /** Labels of the rows of a repeat, asked about with this many workers: after the measurement, which they would disturb. */
  private async askShared(workers: number, repeat: number): Promise<readonly (string | null)[]> {
    const { ask, signal } = this.options;
    const { shared, sharedPerRepeat: count, runtime } = this;
    const rows = Array.from({ length: count }, (_, index) => shared.at((repeat * count + index) % shared.length));
    const labelOf = async (input: PromptInput = { text: '' }) => {
      try {
        return (await ask(input, signal)).label;
      } catch {
        signal.throwIfAborted();
        return null;
      }
    };
    return inParallel(rows, labelOf, { workers, signal, runtime });
  }

  /** Doubles until the throughput no longer grows, then measures between the best level and its neighbours. */
  async *search(): AsyncGenerator<MeasuredLevel, readonly number[], undefined> {
    const rates = new Map<number, number>();
    const best = () => [...rates].reduce((a, b) => (b[1] > a[1] ? b : a), [1, 0] as const);
    for (let workers = 1; workers <= mostWorkers && !this.isOver; workers *= 2) {
      const [, rateBefore] = best();
      const measured = await this.measure(workers, 0);
      yield measured;
      const rate = measured.measure.perSecond ?? 0;
      rates.set(workers, rate);
      if (workers > 1 && rate < growth * rateBefore) break;
    }
    const [knee] = best();
    for (const between of [Math.round(0.75 * knee), Math.round(1.5 * knee)]) {
      if (rates.has(between) || between < 1 || between >= Math.max(...rates.keys()) || this.isOver) continue;
      const measured = await this.measure(between, 0);
      yield measured;
      rates.set(between, measured.measure.perSecond ?? 0);
    }
    return [...rates.keys()].sort((a, b) => a - b);
  }
}

function requirePositive(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidOptionError(option, 'a whole number of at least 1', value);
  }
}
