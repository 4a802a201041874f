import { textKey } from '../../../src/analysis/fingerprint.js';
import type { NewReviewRun, OutcomeRecord, ReviewRunStatus, RunStore } from '../../../src/analysis/run-store.js';
import { openRunStore } from '../../../src/store/runs/open-run-store.js';
import { answerOf } from '../../store/runs/outcomes.js';

/** A row of a run: what it said, `!` where it failed, empty where the text was blank; and what is right. */
export type Row = readonly [text: string, said: string, expected?: string];

export interface RunToRecord {
  readonly runId: string;
  readonly rows: readonly Row[];
  readonly parts?: Readonly<Record<string, string>>;
  readonly names?: readonly string[];
  readonly digest?: string | null;
  /** Of the rows that fail. */
  readonly error?: string;
  /** @default 'done' */
  readonly status?: Exclude<ReviewRunStatus, 'running'>;
}

const thread = new URL('../../../dist/store/runs/run-store-thread.js', import.meta.url);

/** A store that records as `analyze` does. */
export function openStore(path: string): Promise<RunStore> {
  return openRunStore({ path, thread });
}

/** Records runs, one after the other. */
export async function recordRuns(path: string, ...runs: readonly RunToRecord[]): Promise<void> {
  for (const run of runs) {
    const store = await openStore(path);
    try {
      await recordOutcomes(store, run);
      await store.end(run.status ?? 'done', { items: run.rows.length, duration_ms: 1_500 });
    } finally {
      await store.close();
    }
  }
}

/** Begins a run and records its rows. */
export async function recordOutcomes(store: RunStore, run: RunToRecord): Promise<void> {
  await store.begin(toNewRun(run));
  for (const [position, row] of run.rows.entries()) await store.record(toOutcome(row, position, run.error));
  await store.flush();
}

function toNewRun({ runId, rows, parts, names, digest = 'd'.repeat(64) }: RunToRecord): NewReviewRun {
  const hash = JSON.stringify(parts ?? {});
  return {
    runId,
    command: 'analyze',
    fingerprint: {
      hash,
      parts: { provider: 'ollama', model: 'llama3.2:3b', prompt: 'sentiment@0123456789ab', ...parts },
    },
    configuration: { workers: 4, retry: { max_retries: 3 } },
    input: {
      names: names ?? ['/data/reviews.csv'],
      digest,
      scan: { rows: rows.length, columns: ['text'], types: [] },
      choice: '{"text":"text"}',
    },
    fresh: true,
  };
}

function toOutcome(
  [text, said, expected]: Row,
  position: number,
  error = 'the answer is none of the labels',
): OutcomeRecord {
  const status = said === '!' ? 'failed' : said === '' ? 'skipped' : 'ok';
  const failed = status === 'failed';
  return {
    position,
    index: position,
    id: `r${position}`,
    key: text === '' ? null : textKey(text),
    expected: expected ?? null,
    status,
    prediction: status === 'ok' ? answerOf(said) : null,
    errorCode: failed ? 'CHORALE_ANSWER_INVALID' : null,
    error: failed ? error : null,
    attempts: 1,
    durationMs: 20,
    cached: false,
  };
}
