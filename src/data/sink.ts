/** Where text goes, or bytes. Calls come one after the other. */
export interface Sink {
  /** Settles when the system took all of it. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** After a failed write of these lines: takes back what was written of one that did not fit. Never rejects. */
  cut?(lines: readonly string[]): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
  /** No more will be written, and what was is not the whole. */
  discard(): Promise<void>;
}

/** The bytes of a chunk; text in UTF-8. */
export function bytesOf(chunk: string | Uint8Array): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
