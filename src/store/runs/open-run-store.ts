import { randomUUID } from 'node:crypto';
import type {
  BegunRun,
  CachedPrediction,
  InputScan,
  JsonObject,
  Lookup,
  NewReviewRun,
  OutcomeRecord,
  ReviewRunStatus,
  RunStore,
} from '../../analysis/run-store.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { packageRoot } from '../../foundation/package-root.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { AnswerLimits } from './answer-cache.js';
import { GroupCommit } from './group-commit.js';
import { decodeCachedPredictions, encodeLookups, encodeOutcome } from './outcome-cells.js';
import { ThreadClient } from './thread-client.js';

/** Options of `openRunStore`. */
export interface RunStoreOptions {
  /** Of the file, which is made where there is none; its folder must exist. */
  readonly path: string;
  /** The program of the thread that writes. @default the one beside this file */
  readonly thread?: URL | undefined;
  /** Which answers are kept for other runs. @default all */
  readonly cache?:
    | {
        /** Older answers are not used, in milliseconds. @default all are used */
        readonly maxAgeMs?: number | undefined;
        /** The oldest answers are dropped when a run begins or ends and there are more. @default no limit */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /** How long a write waits for another process that writes, in milliseconds. @default 5000 */
  readonly busyTimeoutMs?: number | undefined;
  /** Called where the file was removed while it was written, and made again, with a sentence for people. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Clock and timers. @default that of Node */
  readonly runtime?: Runtime | undefined;
}

const storeOptions: OptionNames<RunStoreOptions> = {
  path: true,
  thread: true,
  cache: true,
  busyTimeoutMs: true,
  onNotice: true,
  runtime: true,
};

/**
 * Opens a run store in a libSQL file, or makes it. A thread of its own reads and writes the file. What was recorded
 * survives the end of the process, however sudden; after a power failure the last few outcomes may be missing.
 *
 * @throws StoreError when the file or its folder is missing, damaged, locked, not writable, or of a newer schema
 *
 * @example
 * const store = await openRunStore({ path: 'runs.db' });
 */
export async function openRunStore(options: RunStoreOptions): Promise<RunStore> {
  return startRunStore(options).open();
}

/** The thread of a run store, while it starts. */
export interface StartingRunStore {
  /** @throws StoreError */
  open(): Promise<RunStore>;
  /** Ends the thread, also where `open` was not called. */
  close(): Promise<void>;
}

/** Starts the thread of a run store, which takes a while. Nothing happens to the file before it is opened. */
export function startRunStore(options: RunStoreOptions): StartingRunStore {
  requireKnown('openRunStore', options, storeOptions);
  const { path, busyTimeoutMs, runtime = nodeRuntime } = options;
  const limits: AnswerLimits = options.cache ?? {};
  const thread = new ThreadClient(options.thread ?? new URL('dist/store/runs/run-store-thread.js', packageRoot), {
    path,
    session: randomUUID(),
    busyTimeoutMs,
    ...limits,
  });
  const open = async () => {
    try {
      await thread.call('open');
    } catch (error) {
      await thread.stop();
      throw error;
    }
    return new ThreadedRunStore(path, thread, runtime, options.onNotice);
  };
  return { open, close: () => thread.close() };
}

/** An outcome on its way to the file. */
interface Waiting {
  readonly json: string;
  readonly position: number;
  readonly key: string | null;
}

class ThreadedRunStore implements RunStore {
  private readonly commit: GroupCommit<Waiting>;
  private closing: Promise<void> | undefined;

  constructor(
    readonly path: string,
    private readonly thread: ThreadClient,
    runtime: Runtime,
    private readonly onNotice: (notice: string) => void = () => {},
  ) {
    this.commit = new GroupCommit<Waiting>(runtime, async (items) =>
      this.notify(await thread.call('write', `[${items.map(({ json }) => json).join()}]`)),
    );
  }

  private notify(notice: string | null): void {
    if (notice !== null) this.onNotice(notice);
  }

  async scanOf(digest: string): Promise<InputScan | null> {
    this.commit.requireSound();
    return this.thread.call('scanOf', digest);
  }

  async begin(run: NewReviewRun): Promise<BegunRun> {
    await this.commit.flush();
    return this.thread.call('begin', run);
  }

  async lookUp(lookups: readonly Lookup[]): Promise<readonly (CachedPrediction | null)[]> {
    this.commit.requireSound();
    if (this.commit.hasWaiting((item) => lookups.some(({ position, key }) => isMeant(item, position, key)))) {
      await this.commit.flush();
    }
    return decodeCachedPredictions(await this.thread.call('lookUp', encodeLookups(lookups)), this.path);
  }

  record(outcome: OutcomeRecord): Promise<void> | undefined {
    const { position, key } = outcome;
    return this.commit.add({ json: encodeOutcome(outcome), position, key });
  }

  flush(): Promise<void> {
    return this.commit.flush();
  }

  async pause(summary: JsonObject): Promise<void> {
    await this.commit.flush();
    this.notify(await this.thread.call('pause', summary));
  }

  async end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): Promise<void> {
    await this.commit.flush();
    this.notify(await this.thread.call('end', status, summary));
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async shut(): Promise<void> {
    try {
      await this.commit.flush();
    } catch {
      // `record` or `flush` have said so, or the process ends before anybody asks.
    }
    this.commit.stop();
    await this.thread.close();
  }
}

function isMeant(item: Waiting, position: number, key: string): boolean {
  return item.position === position || item.key === key;
}
