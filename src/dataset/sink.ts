/** Where text goes. Calls come one after the other. */
export interface Sink {
  /** Settles when the system took all of it. */
  write(text: string): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
  /** No more will be written, and what was is not the whole. */
  discard(): Promise<void>;
}
