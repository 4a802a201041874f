import { describe, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/summary.js';
import { renderDuration } from '../../src/report/format-values.js';
import { renderSummary } from '../../src/report/render-summary.js';

const summary: Summary = {
  run_id: 'r',
  provider: 'ollama',
  model: 'm',
  prompt: 'sentiment@0123456789ab',
  items: 10,
  succeeded: 7,
  failed: 2,
  skipped: 1,
  cancelled: 0,
  not_started: 0,
  cached: 0,
  sentiment: { positive: { count: 5, share: 5 / 7 }, negative: { count: 2, share: 2 / 7 } },
  duration_ms: 2_000,
  throughput_per_second: 3.5,
  success_rate: 7 / 9,
  latency_ms: { mean: 500, p50: 450, p95: 900, p99: 950, max: 1_000, first: 700 },
  queue_ms: { mean: 1, p50: 1, p95: 2, p99: 3, max: 4 },
  workers: 2,
  worker_cap: 16,
  in_flight_mean: 1.75,
  estimated_speedup: 1.75,
  tokens: { prompt: 100, completion: 7 },
  retries: 1,
  confidence: {
    count: 7,
    without: { not_requested: 0, not_given: 0, not_settled: 0, unverified: 0 },
    label_mass: 0.9,
    mean: 0.9,
    temperature: null,
  },
  long_reviews: { count: 0, strategy: 'fail' },
  errors: [
    {
      message: `the answer is\u001b[31m none ${'of the labels '.repeat(10)}`,
      code: 'CHORALE_ANSWER_INVALID',
      count: 2,
      examples: [
        { index: 3, id: 'r-4', place: null },
        { index: 6, id: 'r-7', place: 'reviews.csv:8' },
      ],
    },
  ],
  accuracy: 0.857142,
  macro_f1: null,
  warnings: [],
};

describe('the summary as tables', () => {
  const text = renderSummary(summary);

  it('shows labels, metrics and failures by category', () => {
    expect(text).toMatch(/positive +│ +5 │ +71\.4 %/);
    expect(text).toMatch(/answered +│ +7 \(77\.8 %\)/);
    expect(text).toMatch(/accuracy \(95 %\) +│ +0\.8571/);
    expect(text).toMatch(/macro-F1 \(95 %\) +│ +–/);
    expect(text).toMatch(/latency p50 \/ p95 \/ p99 +│ +450 ms \/ 900 ms \/ 950 ms/);
    expect(text).toMatch(/CHORALE_ANSWER_INVALID/);
  });

  it('has neither colour nor control characters, and no line of more than 120 columns', () => {
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('shows how sure the answers were, and how right that was', () => {
    expect(text).toMatch(/mean confidence +│ +0\.9000/);
    expect(text).not.toMatch(/surest|calibration/);
    const confidence = {
      ...summary.confidence,
      temperature: 0.7123,
      expected_calibration_error: 0.0312,
      calibration_error_rows: 640,
      calibration_error_interval: { lower: 0.011, upper: 0.062 },
      calibration_error_if_perfect: { mean: 0.0287, upper: 0.046 },
      accuracy_surest_80: 0.95,
      accuracy_surest_50: 1,
    };
    const more = renderSummary({ ...summary, confidence });
    expect(more).toMatch(/mean confidence \(calibrated: temperature 0\.712\) +│ +0\.9000/);
    expect(more).toMatch(/expected calibration error \(95 %, 640 held-out rows\) +│ +0\.0312 \(0\.01–0\.06\)/);
    expect(more).toMatch(/of a perfectly calibrated model +│ +0\.0287 \(95 % at most 0\.05\)/);
    expect(renderSummary({ ...summary, confidence: { ...confidence, temperature: null } })).toMatch(
      /expected calibration error \(95 %\) +│ +0\.0312/,
    );
    expect(more).toMatch(/selective accuracy at 80 % coverage +│ +0\.9500/);
    expect(more).toMatch(/selective accuracy at 50 % coverage +│ +1\.0000/);
    const none = { ...summary.confidence, count: 0, mean: null };
    expect(renderSummary({ ...summary, confidence: none })).not.toMatch(/confidence/);
  });

  it('shows how many answers have a confidence, and why the others have none', () => {
    expect(text).not.toMatch(/answers with a confidence/);
    const { without } = summary.confidence;
    const some = { ...summary.confidence, count: 4, without: { ...without, not_settled: 2, unverified: 1 } };
    const of = (confidence: Summary['confidence']) => renderSummary({ ...summary, confidence });
    expect(of(some)).toMatch(/answers with a confidence +│ +4 of 7 \(2 not settled, 1 unverified\)/);
    const none = { ...some, count: 0, mean: null, without: { ...without, not_requested: 7 } };
    expect(of(none)).toMatch(/answers with a confidence +│ +0 of 7 \(7 not requested\)/);
    expect(of(none)).not.toMatch(/mean confidence/);
  });

  it('leaves out what did not happen', () => {
    expect(text).not.toMatch(/cancelled|not started/);
    expect(renderSummary({ ...summary, not_started: null })).toMatch(/not started +│ +not counted/);
  });
});

describe('the table of hosts', () => {
  const host = {
    server: 'http://127.0.0.1:11434',
    up: true,
    answered: 6,
    failed: 1,
    share: 6 / 7,
    latency_ms: { mean: 400, p50: 350, p95: 900 },
    in_flight_max: 4,
    down_count: 2,
    down_ms: 1_500,
    problem: 'connection refused',
  };
  const idle = {
    ...host,
    server: 'http://gpu-box:11434',
    answered: 0,
    failed: 0,
    share: 0,
    latency_ms: { mean: null, p50: null, p95: null },
    in_flight_max: 0,
    down_count: 0,
  };

  it('tells what each did', () => {
    const text = renderSummary({ ...summary, hosts: [host, idle] });
    expect(text).toMatch(/11434 +│ +6 │ +85\.7 % │ +1 │ +350 ms \/ 900 ms │ +4 │ +2 × \(1\.5 s\)/);
    expect(text).toMatch(/gpu-box:11434 +│ +0 │ +0\.0 % │ +0 │ +– \/ – │ +0 │ +–/);
    expect(text).not.toMatch(/limit/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('has a column for limits where there are some', () => {
    expect(renderSummary({ ...summary, hosts: [{ ...host, limit: 3 }, idle] })).toMatch(/│ +4 │ +3 │ +2 ×/);
  });

  it('is left out where there is one', () => {
    expect(renderSummary({ ...summary, hosts: [host] })).not.toMatch(/11434/);
  });
});

describe('durations for people', () => {
  it.each([
    [0.42, '0.4 ms'],
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [125_000, '2 min 5 s'],
    [3_725_000, '1 h 2 min'],
  ])('%d ms: %s', (ms, expected) => expect(renderDuration(ms)).toBe(expected));
});
