/** Decides when the next piece of work may start. */
export interface Gate {
  /**
   * Resolves when one more piece may start, in the order of the calls. What it resolves to must be called once, when that
   * piece has ended, however it did.
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  enter(signal: AbortSignal): Promise<() => void>;
}
