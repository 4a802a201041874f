import { Worker } from 'node:worker_threads';
import { messageOf, StoreError } from '../../errors/index.js';
import {
  fromFailure,
  type ThreadAnswer,
  type ThreadCalls,
  type ThreadOptions,
  type ThreadRequest,
} from './thread-protocol.js';

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
  private end: StoreError | undefined;

  constructor(
    thread: URL,
    private readonly options: ThreadOptions,
  ) {
    this.worker = new Worker(thread, {
      workerData: options,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    });
    this.worker.unref();
    this.worker.on('message', (answer: ThreadAnswer) => this.settle(answer));
    this.worker.on('error', (error) => this.fail(messageOf(error)));
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.hasExited = true;
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
    this.refuse();
    await closed;
    // The process stays until the thread has ended by itself.
    if (!this.hasExited) this.worker.ref();
    await this.exited;
  }

  /** Ends a thread that could not open the file. */
  async stop(): Promise<void> {
    this.refuse();
    await this.worker.terminate();
  }

  private refuse(): void {
    this.end ??= new StoreError(this.options.path, 'the store has been closed', 'open it again');
  }

  private settle({ id, value, failure }: ThreadAnswer): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref();
    if (failure) pending?.reject(fromFailure(failure));
    else pending?.resolve(value as never);
  }

  private fail(reason: string): void {
    const problem = `the thread that writes it has ended: ${reason.split('\n')[0]}`;
    this.end ??= new StoreError(this.options.path, problem, 'run again: what was recorded is kept');
    const { end } = this;
    for (const { reject } of this.pending.values()) reject(end);
    this.pending.clear();
  }
}
