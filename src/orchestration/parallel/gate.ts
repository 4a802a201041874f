/** Decides when the next piece of work may start. */
export interface Gate {
  /**
   * Resolves when one more piece may start, in the order of the calls. What it resolves to must be called once, when that
   * piece has ended, however it did.
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** A gate that is passed when both have been, the first one first. */
export function inSequence(first: Gate, second: Gate): Gate {
  return {
    async enter(signal) {
      const leaveFirst = await first.enter(signal);
      try {
        const leaveSecond = await second.enter(signal);
        return () => {
          leaveSecond();
          leaveFirst();
        };
      } catch (error) {
        leaveFirst();
        throw error;
      }
    },
  };
}
