/** What the machine provides: processor count, clocks, timers, RNG and signals of the system. Everything that coordinates takes one. */
export interface Runtime {
  /** Number of processors that this process may use. */
  cpuCount(): number;
  /** Monotonic time in milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallTime(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /**
   * Calls back once the process has looked at its timers and its input, as soon as it can: for work without end, which
   * must let others have their turn. No time passes meanwhile. The returned function cancels.
   */
  nextTurn(callback: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
  /**
   * Calls back with the name each time the system sends one of these signals (`SIGINT`, `SIGTERM`, …) to the process.
   * While somebody listens, the signal does not end the process. The returned function takes the listener off again.
   * @throws InvalidOptionError for a name that this system does not know, or lets nobody listen to
   */
  onSignal(names: readonly string[], listener: (name: string) => void): () => void;
}
