import { describe, expect, it } from 'vitest';
import type { BegunRun, NewReviewRun, RunProgress } from '../../../src/analysis/run-store.js';
import { renderBeginning } from '../../../src/cli/analyze/begin-run.js';

const run: NewReviewRun = {
  runId: '11111111-aaaa',
  command: 'analyze',
  fingerprint: { hash: 'now', parts: { temperature: '0.7', labels: 'a, b' } },
  configuration: {},
  input: { names: ['/in.csv'], digest: 'd2', scan: null, choice: '{}' },
};
const progress: RunProgress = {
  summary: null,
  status: 'interrupted',
  startedAt: Date.UTC(2026, 10, 21, 14, 3),
  answered: 3_188,
  failed: 12,
  skipped: 0,
};
const resumed = (more: Partial<RunProgress>): BegunRun => ({
  runId: '3f2a8c1d-bbbb',
  resumed: { ...progress, ...more },
  before: null,
});
const later = (fingerprint: NewReviewRun['fingerprint'], input: NewReviewRun['input']): BegunRun => ({
  runId: run.runId,
  resumed: null,
  before: { runId: '3f2a8c1d-bbbb', progress, fingerprint, input },
});

describe('the line about earlier runs', () => {
  it('is none for the first run', () => {
    expect(renderBeginning(run, { runId: run.runId, resumed: null, before: null }, 5_000)).toBeNull();
  });

  it('reports what a resumed run has, and what it requests again', () => {
    expect(renderBeginning(run, resumed({}), 5_000)).toBe(
      'resumes run 3f2a8c1d of 2026-11-21 14:03 UTC: 3,188 of 5,000 reviews are answered already; ' +
        '12 that failed are requested again (--fresh starts over)',
    );
    expect(renderBeginning(run, resumed({ failed: 1 }), null)).toContain(
      '3,188 reviews are answered already; 1 that failed is',
    );
  });

  it('reports that a complete run sends no request', () => {
    expect(renderBeginning(run, resumed({ answered: 4_990, skipped: 10, failed: 0 }), 5_000)).toBe(
      'resumes run 3f2a8c1d of 2026-11-21 14:03 UTC: 4,990 of 5,000 reviews are answered, ' +
        'and no request is sent (--fresh starts over)',
    );
  });

  it('says what changed where a setting did, and that nothing is used', () => {
    const before = { hash: 'before', parts: { temperature: '0', labels: 'a, b' } };
    expect(renderBeginning(run, later(before, run.input), 5)).toBe(
      'a new run, since run 3f2a8c1d of 2026-11-21 14:03 UTC had other settings: temperature 0 → 0.7; its answers are not reused',
    );
  });

  it('names what people can read before the hash of the prompt, which is truncated first', () => {
    const before = { hash: 'before', parts: { 'prompt as sent': 'a'.repeat(60), temperature: '0' } };
    const now = { ...run, fingerprint: { hash: 'now', parts: { 'prompt as sent': 'b'.repeat(60), temperature: '1' } } };
    expect(renderBeginning(now, later(before, run.input), 5)).toContain(
      'settings: temperature 0 → 1, prompt as sent aaa',
    );
  });

  it.each([
    ['another input', { ...run.input, digest: 'd1' }],
    ['other rows or columns', { ...run.input, choice: '{"limit":3}' }],
  ])('reports that the same texts are not requested again for %s', (what, input) => {
    const line = renderBeginning(run, later(run.fingerprint, input), 5);
    expect(line).toContain(what);
    expect(line).toContain('its answers to the same texts are reused (--fresh requests them again)');
  });
});
