import type { Sink } from './stream-sinks.js';

/** Lines wait for each other until they are this long together, in UTF-16 units. */
const chunkLength = 65_536;

/**
 * Collects whole lines and writes them in chunks, one write at a time: at 64 KiB, at the latest on the next turn of the
 * event loop, or as soon as the write before is done. A failed write is reported by every later call.
 */
export class LineWriter {
  readonly #sink: Sink;
  readonly #onFailure: (error: unknown) => void;
  #lines: string[] = [];
  #length = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #running: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** @param onFailure called as soon as a write fails */
  constructor(sink: Sink, onFailure: (error: unknown) => void = () => {}) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** Adds one line, or several. A promise means: wait before adding more. */
  add(lines: string): Promise<void> | undefined {
    if (this.#failure) return settled(Promise.reject(this.#failure.error));
    this.#lines.push(lines);
    this.#length += lines.length;
    if (this.#length >= chunkLength) return this.flush();
    if (this.#running === null) this.#scheduled ??= setImmediate(() => this.flush());
    return undefined;
  }

  /** Settles when all lines added so far were written. */
  flush(): Promise<void> {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#failure) return settled(Promise.reject(this.#failure.error));
    if (this.#running === null && this.#lines.length > 0) this.#running = settled(this.#writeAll());
    return this.#running ?? Promise.resolve();
  }

  async #writeAll(): Promise<void> {
    let lines: readonly string[] = [];
    try {
      while (this.#lines.length > 0) {
        lines = this.#lines;
        this.#lines = [];
        this.#length = 0;
        await this.#sink.write(lines.join(''));
      }
    } catch (error) {
      await this.#sink.cut?.(lines);
      this.#failure = { error };
      this.#lines = [];
      this.#onFailure(error);
      throw error;
    } finally {
      this.#running = null;
    }
  }
}

/** Prevents an unhandled rejection: the next call rejects too. */
function settled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
