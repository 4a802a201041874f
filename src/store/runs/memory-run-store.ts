import { randomUUID } from 'node:crypto';
import type { RunStore } from '../../analysis/run-store.js';
import { StoreError } from '../../analysis/store-errors.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { Database } from '../libsql/open-database.js';
import type { AnswerLimits } from './answer-cache.js';
import { decodeCachedPredictions, encodeLookups, encodeOutcome } from './outcome-cells.js';
import { openRunTables, RunDatabase } from './run-database.js';

/** What stores in memory may share, as stores on disk share a file. */
export interface MemoryRuns {
  readonly database: Database;
}

/** Options of `memoryRunStore`. */
export interface MemoryRunStoreOptions {
  /** What other stores of this process recorded. @default nothing */
  readonly shared?: MemoryRuns | undefined;
  /** As those of `openRunStore`. */
  readonly cache?: AnswerLimits | undefined;
  /** The clock. @default that of Node */
  readonly runtime?: Runtime | undefined;
}

const storeOptions: OptionNames<MemoryRunStoreOptions> = { shared: true, cache: true, runtime: true };

/** Nothing recorded, to be shared by several stores. */
export function memoryRuns(): MemoryRuns {
  return { database: openRunTables(':memory:') };
}

/** A run store that ends with its process, for tests and for runs that nobody resumes. */
export function memoryRunStore(options: MemoryRunStoreOptions = {}): RunStore {
  requireKnown('memoryRunStore', options, storeOptions);
  const { shared = memoryRuns(), cache, runtime = nodeRuntime } = options;
  const path = 'memory';
  const owner = { pid: 0, host: 'this process', place: null, processStart: null };
  const world = { now: () => runtime.wallTime(), identity: () => owner, isAlive: () => true };
  const runs = new RunDatabase({ ...cache, path, session: randomUUID(), database: shared.database }, world);
  let isClosed = false;
  const call = async <T>(work: () => T): Promise<T> => {
    if (isClosed) throw new StoreError(path, 'the store has been closed', 'open it again');
    return work();
  };
  return {
    path,
    scanOf: (digest) => call(() => runs.scanOf(digest)),
    begin: (run) => call(() => runs.begin(run)),
    lookUp: (lookups) => call(() => decodeCachedPredictions(runs.lookUp(encodeLookups(lookups)), path)),
    record: (outcome) => call(() => void runs.write(`[${encodeOutcome(outcome)}]`)),
    flush: async () => {},
    pause: (summary) => call(() => void runs.pause(summary)),
    end: (status, summary) => call(() => void runs.end(status, summary)),
    async close() {
      if (!isClosed) runs.close();
      isClosed = true;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}
