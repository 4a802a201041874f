import type { Transform } from 'node:stream';
import { createGunzip, createGzip, type Zlib } from 'node:zlib';

/**
 * Packing or unpacking, step by step: what comes out of each piece is answered before the next one goes in, so memory
 * is bounded by the piece (gzip makes at most a thousand bytes of one). Calls come one after the other.
 */
export class ZlibSteps {
  readonly #stream: Transform & Zlib;
  #output: Uint8Array[] = [];
  #hasEnded = false;
  #failure: { readonly error: Error } | null = null;
  /** Ends the step that is under way. */
  #done = () => {};

  private constructor(stream: Transform & Zlib) {
    this.#stream = stream;
    stream.on('data', (bytes: Uint8Array) => this.#output.push(bytes));
    stream.on('end', () => {
      this.#hasEnded = true;
      this.#done();
    });
    stream.on('error', (error) => {
      this.#failure = { error };
      this.#done();
    });
  }

  static gzip(): ZlibSteps {
    return new ZlibSteps(createGzip());
  }

  static gunzip(): ZlibSteps {
    return new ZlibSteps(createGunzip());
  }

  /** Whether the packed data has come to its end, whatever was given after it. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** How many bytes of what was given were used. */
  get used(): number {
    return this.#stream.bytesWritten;
  }

  /** Gives one piece, and answers what comes out of it. */
  push(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#step(() => this.#stream.write(bytes, () => this.#done()));
  }

  /** Answers the rest. */
  end(): Promise<readonly Uint8Array[]> {
    return this.#step(() => this.#stream.end());
  }

  /** Frees what the system holds for it. */
  destroy(): void {
    this.#stream.destroy();
  }

  async #step(start: () => void): Promise<readonly Uint8Array[]> {
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      start();
    });
    if (this.#failure) throw this.#failure.error;
    const output = this.#output;
    this.#output = [];
    return output;
  }
}
