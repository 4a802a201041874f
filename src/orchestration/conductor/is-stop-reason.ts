import { nameOf } from '../../foundation/errors/chorale-error.js';

const deepestCause = 10;

/** Whether an error says only that its signal was aborted: it is the signal's reason, has it as a cause, or is an AbortError. */
export function isStopReason(error: unknown, reason: unknown): boolean {
  let current = error;
  for (let depth = 0; depth <= deepestCause; depth += 1) {
    if (current === reason || nameOf(current) === 'AbortError') return true;
    current = causeOf(current);
  }
  return false;
}

/** Never throws: nobody knows what was thrown. */
function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined;
  } catch {
    return undefined;
  }
}
