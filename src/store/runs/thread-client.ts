import { Worker } from 'node:worker_threads';
import { StoreError } from '../../analysis/store-errors.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import {
  decodeFailure,
  type ThreadAnswer,
  type ThreadCalls,
  type ThreadOptions,
  type ThreadRequest,
} from './thread-protocol.js';

/** Threads that have a file open. */
const running = new Set<ThreadClient>();

/**
 * Has the threads of all run stores leave the call that they are in, for a process that ends now: nothing more of them can
 * be used. Their calls do not wait for other processes any more.
 * @param withinMs how long they are waited for, in milliseconds
 * @returns whether all of them are idle
 */
export async function haltStoreThreads(withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (const client of running) client.halt();
  const isBusy = () => [...running].some((client) => client.isBusy);
  while (isBusy() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  return !isBusy();
}

interface Pending {
  resolve(value: never): void;
  reject(error: Error): void;
}

/**
 * A thread that has the file of a store open. It keeps the process alive only while it owes an answer. Once it has ended,
 * every call rejects with a StoreError.
 */
export class ThreadClient {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private readonly exited: Promise<void>;
  private hasExited = false;
  private next = 0;
  private readonly halted = new Int32Array(new SharedArrayBuffer(4));
  private end: StoreError | undefined;

  constructor(
    thread: URL,
    private readonly options: ThreadOptions,
  ) {
    this.worker = new Worker(thread, {
      workerData: { ...options, halt: this.halted },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    });
    running.add(this);
    this.worker.unref();
    this.worker.on('message', (answer: ThreadAnswer) => this.settle(answer));
    this.worker.on('error', (error) => this.fail(messageOf(error)));
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.hasExited = true;
        running.delete(this);
        this.fail('it has been stopped');
        resolve();
      });
    });
  }

  call<Name extends keyof ThreadCalls>(
    name: Name,
    ...values: Parameters<ThreadCalls[Name]>
  ): Promise<ReturnType<ThreadCalls[Name]>> {
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      const id = this.next++;
      if (this.pending.size === 0) this.worker.ref();
      this.pending.set(id, { resolve, reject });
      const request: ThreadRequest<Name> = { id, name, values };
      this.worker.postMessage(request);
    });
  }

  /**
   * Has the thread close the file and end. Nothing is asked of it afterwards: a thread that is ended within a call of the
   * driver says so on stderr. Never rejects.
   */
  async close(): Promise<void> {
    const closed = this.call('close').catch(() => {});
    this.rejectCalls();
    await closed;
    // The process stays until the thread has ended by itself.
    if (!this.hasExited) this.worker.ref();
    await this.exited;
  }

  /** Ends a thread that could not open the file. */
  async stop(): Promise<void> {
    this.rejectCalls();
    await this.worker.terminate();
  }

  /** Whether it owes an answer. */
  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  /** Rejects further calls, and makes the thread end its current call as soon as possible. */
  halt(): void {
    this.rejectCalls();
    Atomics.store(this.halted, 0, 1);
    Atomics.notify(this.halted, 0);
  }

  private rejectCalls(): void {
    this.end ??= new StoreError(this.options.path, 'the store has been closed', 'open it again');
  }

  private settle({ id, value, failure }: ThreadAnswer): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref();
    if (failure) pending?.reject(decodeFailure(failure));
    else pending?.resolve(value as never);
  }

  private fail(reason: string): void {
    const isShort = reason.includes('EMFILE');
    const problem = `the thread that writes it has ended: ${reason.split('\n')[0]}`;
    const remedy = isShort ? 'allow more open files, as with ulimit -n 1024' : 'run again: what was recorded is kept';
    this.end ??= new StoreError(this.options.path, problem, remedy);
    const { end } = this;
    for (const { reject } of this.pending.values()) reject(end);
    this.pending.clear();
  }
}
