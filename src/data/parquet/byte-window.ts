import type { RandomAccess } from './random-access.js';

const windowBytes = 262_144;

/** A part of a file, read from its start to its end through a window. */
export class ByteWindow {
  readonly #file: RandomAccess;
  readonly #end: number;
  /** Position of the next byte in the file. */
  #position: number;
  /** What was read from `#position` on. */
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(file: RandomAccess, start: number, end: number) {
    this.#file = file;
    this.#position = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  /** The next bytes, which stay the next: `length` of them, or as many as there are. */
  async peek(length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.remaining);
    if (this.#bytes.length < wanted) {
      this.#bytes = await this.#file.read(this.#position, Math.min(Math.max(wanted, windowBytes), this.remaining));
    }
    return this.#bytes.subarray(0, wanted);
  }

  skip(length: number): void {
    this.#position += length;
    this.#bytes = this.#bytes.subarray(length);
  }
}
