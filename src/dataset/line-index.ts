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
 * Follows a reader through a stream of bytes and knows the line of its position. Bytes are added chunk by chunk,
 * the position moves forward only, and line ends are forgotten once they are passed.
 */
export class LineIndex {
  /** Byte position in the whole stream. */
  offset = 0;
  /** 1-based line of that position. */
  line = 1;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #next = 0;
  #size = 0;
  #endsWithCr = false;

  /** Adds the next bytes of the stream. */
  add(bytes: Uint8Array): void {
    this.#starts.splice(0, this.#next);
    this.#ends.splice(0, this.#next);
    this.#next = 0;
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = bytes[i];
      if (byte !== lf && byte !== cr) continue;
      const start = this.#size + i;
      const afterCr = i === 0 ? this.#endsWithCr : bytes[i - 1] === cr;
      if (byte === lf && afterCr && this.#ends.length > 0) {
        this.#ends[this.#ends.length - 1] = start + 1;
      } else {
        this.#starts.push(start);
        this.#ends.push(start + 1);
      }
    }
    this.#size += bytes.length;
    if (bytes.length > 0) this.#endsWithCr = bytes[bytes.length - 1] === cr;
  }

  /** Moves over empty lines to the next one with something in it. */
  skipEmptyLines(): void {
    while (this.#starts[this.#next] === this.offset) this.#passLineEnd();
  }

  /** Moves to a later position. */
  passTo(offset: number): void {
    while ((this.#ends[this.#next] ?? Number.POSITIVE_INFINITY) <= offset) this.#passLineEnd();
    this.offset = offset;
  }

  #passLineEnd(): void {
    this.offset = this.#ends[this.#next] ?? this.offset;
    this.#next += 1;
    this.line += 1;
  }
}
