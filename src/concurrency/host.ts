/** What the machine provides: processor count, clocks, timers and chance. Everything that coordinates takes one. */
export interface Host {
  /** Number of processors that this process may use. */
  cpuCount(): number;
  /** Monotonic time in milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallTime(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
}
