const lf = 10;
const cr = 13;

/** How many lines end in these bytes: LF, CRLF and a lone CR each count once. */
export function countLineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === lf || (byte === cr && bytes[i + 1] !== lf)) count += 1;
  }
  return count;
}

/**
 * The bytes of a stream from a reader's position on, and the line of that position. Bytes are added chunk by chunk; the
 * position moves forward only, and what is passed is let go.
 */
export class UnreadBytes {
  /** Byte position in the whole stream. */
  offset = 0;
  /** 1-based line of that position. */
  line = 1;
  /** Bytes that were added since the start of the stream. */
  size = 0;
  readonly #chunks: Uint8Array[] = [];
  /** Position of the first chunk in the stream. */
  #start = 0;
  #afterCr = false;

  /** How many bytes were added and not passed. */
  get length(): number {
    return this.size - this.offset;
  }

  /** Adds the next bytes of the stream. */
  add(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(bytes);
    this.size += bytes.length;
  }

  /** Moves over empty lines to the next one with something in it. */
  skipEmptyLines(): void {
    for (;;) {
      const next = this.#chunks[0]?.[this.offset - this.#start];
      if (next !== lf && next !== cr) return;
      this.passTo(this.offset + 1);
    }
  }

  /** Moves to a later position, at most to the end of what was added. */
  passTo(offset: number): void {
    for (let chunk = this.#chunks[0]; chunk && this.offset < offset; chunk = this.#chunks[0]) {
      const end = Math.min(chunk.length, offset - this.#start);
      this.#countLines(chunk, this.offset - this.#start, end);
      this.offset = this.#start + end;
      if (end < chunk.length) return;
      this.#chunks.shift();
      this.#start += chunk.length;
    }
  }

  /** The bytes from the reader's position to a later one. */
  upTo(end: number): Uint8Array {
    const [first] = this.#chunks;
    const from = this.offset - this.#start;
    if (first && end - this.#start <= first.length) return first.subarray(from, end - this.#start);
    const rest = Buffer.concat(this.#chunks);
    return rest.subarray(from, end - this.#start);
  }

  #countLines(chunk: Uint8Array, from: number, end: number): void {
    for (let i = from; i < end; i += 1) {
      const byte = chunk[i];
      if (byte === cr || (byte === lf && !this.#afterCr)) this.line += 1;
      this.#afterCr = byte === cr;
    }
  }
}
