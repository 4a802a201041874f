import type { NewReviewRun, OutcomeRecord, RecordedPrediction, RunStore } from '../../../src/analysis/run-store.js';

export function newRun(runId: string, given: Partial<NewReviewRun> = {}): NewReviewRun {
  return {
    runId,
    command: 'analyze',
    fingerprint: { hash: 'f', parts: { model: 'm', prompt: 'p' } },
    configuration: { workers: 4 },
    input: { names: ['a.csv'], digest: 'd', scan: { rows: 9, columns: ['text'], types: [] }, choice: '{}' },
    ...given,
  };
}

/** An answer that is its label and nothing else. */
export function answerOf(label: string, given: Partial<RecordedPrediction> = {}): RecordedPrediction {
  return {
    label,
    confidence: null,
    labelShares: null,
    labelMass: null,
    probabilities: 'not requested',
    rationale: null,
    fields: null,
    promptTokens: null,
    completionTokens: null,
    queueMs: null,
    isLong: false,
    furtherRequests: 0,
    ...given,
  };
}

export function outcomeOf(position: number, given: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    position,
    index: position,
    id: `row ${position}`,
    key: `key-${position}`,
    expected: null,
    status: 'ok',
    prediction: answerOf(position % 2 === 0 ? 'positive' : 'negative', { confidence: position / 1_000 }),
    errorCode: null,
    error: null,
    attempts: 1,
    durationMs: 1.5,
    cached: false,
    ...given,
  };
}

/** Records rows from `first` on, and waits for room where that is asked for. */
export async function recordRows(store: RunStore, count: number, first = 0): Promise<void> {
  for (let position = first; position < first + count; position += 1) await store.record(outcomeOf(position));
}

/** How many of so many rows are found in the run itself, each with the right answer. */
export async function foundRows(store: Pick<RunStore, 'lookUp'>, count: number): Promise<number> {
  const rows = Array.from({ length: count }, (_, position) => outcomeOf(position));
  const found = await store.lookUp(rows.map(({ position, key }) => ({ position, key: key ?? '' })));
  const right = found.filter(
    (recalled, n) =>
      recalled?.from === 'run' && JSON.stringify(recalled.prediction) === JSON.stringify(rows[n]?.prediction),
  );
  if (
    found.some((recalled, n) => recalled && JSON.stringify(recalled.prediction) !== JSON.stringify(rows[n]?.prediction))
  ) {
    throw new Error('a wrong answer was found');
  }
  return right.length;
}
