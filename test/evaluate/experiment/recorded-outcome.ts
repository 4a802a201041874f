import { textKey } from '../../../src/analysis/fingerprint.js';
import type { OutcomeRecord } from '../../../src/analysis/run-store.js';
import { answerOf } from '../../store/runs/outcomes.js';

const rest = { errorCode: null, error: null, attempts: 1, durationMs: 1, cached: false };

/** The recorded outcome of a row; no sentiment stands for a failure. */
export function recordedOutcome(
  position: number,
  text: string,
  sentiment: string | null,
  expected: string | null,
): OutcomeRecord {
  const status = sentiment === null ? 'failed' : 'ok';
  const prediction = sentiment === null ? null : answerOf(sentiment);
  return { ...rest, position, index: position, id: String(position), key: textKey(text), expected, status, prediction };
}
