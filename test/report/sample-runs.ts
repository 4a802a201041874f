import type { RunEntry, RunView } from '../../src/report/run-views.js';

/** A finished run. */
export const entry: RunEntry = {
  run_id: '3f9c2a10-7d41-4a57-9f0e-1c2d3e4f5a6b',
  command: 'analyze',
  status: 'done',
  started_at: '2026-11-21T15:33:07.120Z',
  ended_at: '2026-11-21T15:35:12.120Z',
  provider: 'ollama',
  model: 'llama3.2:3b',
  prompt: 'sentiment@0123456789ab',
  input: { names: ['/data/reviews.csv'], digest: 'd'.repeat(64), rows: 12 },
  succeeded: 9,
  failed: 2,
  skipped: 1,
  rows: 12,
  accuracy: 0.857142,
  accuracy_answered: 0.857142,
};

export const run: RunView = {
  ...entry,
  choice: { text: 'review', limit: 12 },
  fingerprint: { hash: 'f'.repeat(64), parts: { model: 'llama3.2:3b (sha256:dde5)', labels: 'positive, negative' } },
  configuration: { workers: 4, retry: { max_retries: 3, jitter: true }, hosts: ['http://127.0.0.1:11434'], rate: null },
  sentiment: { positive: { count: 6, share: 2 / 3 }, negative: { count: 3, share: 1 / 3 } },
  failures: [
    {
      code: 'CHORALE_ANSWER_INVALID',
      message: `the answer is\u001b[31m none ${'of the labels '.repeat(40)}`,
      count: 3,
      examples: [
        { index: 3, id: 'r4' },
        { index: 7, id: 'r\u001b8' },
      ],
    },
    { code: null, message: null, count: 1, examples: [{ index: 9, id: 'r10' }] },
  ],
  summary: {
    run_id: entry.run_id,
    items: 1_234_567,
    duration_ms: 125_000,
    latency_ms: { p50: 450.123456, first: null },
    sentiment: {},
    errors: [],
    accuracy: 0.857142,
    accuracy_answered: 0.857142,
    warnings: [],
  },
};
