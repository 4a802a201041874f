const deepestCause = 10;

/** Whether an error says only that its signal was aborted: it is the signal's reason, has it as a cause, or is an AbortError. */
export function isStopReason(error: unknown, reason: unknown): boolean {
  let current = error;
  for (let depth = 0; depth <= deepestCause; depth += 1) {
    if (current === reason) return true;
    if (!(current instanceof Error)) return false;
    if (current.name === 'AbortError') return true;
    current = current.cause;
  }
  return false;
}
