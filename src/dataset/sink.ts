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

/** One that takes bytes, too. */
export interface ByteSink extends Sink {
  write(content: string | Uint8Array): Promise<void>;
}
