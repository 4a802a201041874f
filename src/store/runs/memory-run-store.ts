import type {
  BegunRun,
  CachedPrediction,
  InputScan,
  JsonObject,
  Lookup,
  NewReviewRun,
  OutcomeRecord,
  RecordedPrediction,
  ReviewRunStatus,
  RunProgress,
  RunStore,
} from '../../analysis/run-store.js';
import { RunBusyError, StoreError } from '../../analysis/store-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';

interface MemoryRun extends NewReviewRun {
  status: ReviewRunStatus;
  scan: InputScan | null;
  summary: JsonObject | null;
  readonly startedAt: number;
  owner: MemoryRunStore | null;
  readonly outcomes: Map<number, OutcomeRecord>;
}

interface MemoryAnswer {
  readonly prediction: RecordedPrediction;
  readonly run: MemoryRun;
  readonly at: number;
  readonly size: number;
}

/** What stores in memory may share, as stores on disk share a file. */
export interface MemoryRuns {
  /** The oldest first. */
  readonly runs: MemoryRun[];
  /** By fingerprint and key, the oldest first. */
  readonly answers: Map<string, MemoryAnswer>;
}

/** Options of `memoryRunStore`. */
export interface MemoryRunStoreOptions {
  /** What other stores of this process recorded. @default nothing */
  readonly shared?: MemoryRuns | undefined;
  /** As those of `openRunStore`. */
  readonly cache?: { readonly maxAgeMs?: number | undefined; readonly maxBytes?: number | undefined } | undefined;
  /** The clock. @default that of Node */
  readonly runtime?: Runtime | undefined;
}

/** Nothing recorded, to be shared by several stores. */
export function memoryRuns(): MemoryRuns {
  return { runs: [], answers: new Map() };
}

/** A run store that forgets everything with its process, for tests and for runs that nobody resumes. */
export function memoryRunStore(options: MemoryRunStoreOptions = {}): RunStore {
  return new MemoryRunStore(options);
}

class MemoryRunStore implements RunStore {
  readonly path = 'memory';
  private readonly shared: MemoryRuns;
  private readonly runtime: Runtime;
  private run: MemoryRun | undefined;
  private reach: 'all' | 'run' | 'row' = 'all';
  private isClosed = false;

  constructor(private readonly options: MemoryRunStoreOptions) {
    this.shared = options.shared ?? memoryRuns();
    this.runtime = options.runtime ?? nodeRuntime;
  }

  async scanOf(digest: string): Promise<InputScan | null> {
    this.requireOpen();
    return this.shared.runs.findLast(({ input, scan }) => input.digest === digest && scan !== null)?.scan ?? null;
  }

  async begin(run: NewReviewRun): Promise<BegunRun> {
    this.requireOpen();
    this.letGo();
    this.prune();
    const { fresh = false, cache = true, input } = run;
    const ofCommand = this.shared.runs.filter(({ command }) => command === run.command);
    const same = fresh || input.digest === null ? undefined : ofCommand.findLast((known) => isSame(known, run));
    this.reach = cache ? (fresh ? 'run' : 'all') : 'row';
    if (same) {
      if (same.owner) throw new RunBusyError(same.runId, 0, 'this process', same.startedAt);
      const resumed = progressOf(same);
      this.run = same;
      Object.assign(same, { status: 'running', owner: this, scan: input.scan ?? same.scan, input });
      return { runId: same.runId, resumed, before: null };
    }
    const names = JSON.stringify(input.names);
    const before = fresh ? undefined : ofCommand.findLast((known) => JSON.stringify(known.input.names) === names);
    const startedAt = this.runtime.wallTime();
    this.run = {
      ...run,
      status: 'running',
      scan: input.scan,
      summary: null,
      startedAt,
      owner: this,
      outcomes: new Map(),
    };
    this.shared.runs.push(this.run);
    return { runId: run.runId, resumed: null, before: before ? describe(before) : null };
  }

  async lookUp(lookups: readonly Lookup[]): Promise<readonly (CachedPrediction | null)[]> {
    const run = this.current();
    const since = this.runtime.wallTime() - (this.options.cache?.maxAgeMs ?? Number.POSITIVE_INFINITY);
    return lookups.map(({ position, key }) => {
      const own = run.outcomes.get(position);
      if (own?.status === 'ok' && own.key === key && own.prediction) return { prediction: own.prediction, from: 'run' };
      const found = this.reach === 'row' ? undefined : this.shared.answers.get(placeOf(run, key));
      if (!found || found.at < since || (this.reach === 'run' && found.run !== run)) return null;
      return { prediction: found.prediction, from: 'cache' };
    });
  }

  record(outcome: OutcomeRecord): Promise<void> | undefined {
    const run = this.current();
    const { position, key, status, prediction, cached } = outcome;
    run.outcomes.set(position, outcome);
    if (status !== 'ok' || key === null || prediction === null || cached) return undefined;
    const place = placeOf(run, key);
    this.shared.answers.delete(place);
    this.shared.answers.set(place, {
      prediction,
      run,
      at: this.runtime.wallTime(),
      size: JSON.stringify(prediction).length,
    });
    return undefined;
  }

  async flush(): Promise<void> {}

  async end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): Promise<void> {
    Object.assign(this.current(), { status, summary });
    this.letGo();
    this.prune();
  }

  async close(): Promise<void> {
    this.letGo();
    this.isClosed = true;
  }

  private letGo(): void {
    if (this.run) this.run.owner = null;
    this.run = undefined;
  }

  private current(): MemoryRun {
    this.requireOpen();
    if (this.run) return this.run;
    throw new StoreError(this.path, 'no run has begun', 'call begin before');
  }

  private requireOpen(): void {
    if (this.isClosed) throw new StoreError(this.path, 'the store has been closed', 'open it again');
  }

  private prune(): void {
    const { answers } = this.shared;
    let excess = [...answers.values()].reduce((sum, { size }) => sum + size, 0);
    excess -= this.options.cache?.maxBytes ?? Number.POSITIVE_INFINITY;
    for (const [place, { size }] of answers) {
      if (excess <= 0) return;
      answers.delete(place);
      excess -= size;
    }
  }
}

function isSame({ fingerprint, input }: NewReviewRun, other: NewReviewRun): boolean {
  return (
    fingerprint.hash === other.fingerprint.hash &&
    input.digest === other.input.digest &&
    input.choice === other.input.choice
  );
}

function placeOf({ fingerprint }: NewReviewRun, key: string): string {
  return `${fingerprint.hash} ${key}`;
}

function progressOf(run: MemoryRun): RunProgress {
  const count = (status: OutcomeRecord['status']) =>
    [...run.outcomes.values()].filter((outcome) => outcome.status === status).length;
  return {
    status: run.status === 'running' && !run.owner ? 'interrupted' : run.status,
    startedAt: run.startedAt,
    answered: count('ok'),
    failed: count('failed'),
    skipped: count('skipped'),
    summary: run.summary,
  };
}

function describe(run: MemoryRun): BegunRun['before'] {
  return {
    runId: run.runId,
    progress: progressOf(run),
    fingerprint: run.fingerprint,
    input: { ...run.input, scan: run.scan },
  };
}
