import { describe, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../../src/analysis/run-store.js';
import { compareBaseline } from '../../../src/evaluate/experiment/compare-baseline.js';
import { recordedOutcome } from './recorded-outcome.js';
import { labels, right, runSample, sampleRows, wrongEvery } from './sample-experiment.js';

const data = sampleRows(40);
const perfect = data.rows.map(({ text, expected }, index) => recordedOutcome(index, text, expected, expected));

describe('a baseline', () => {
  it('is no reason to worry where the answers are the same', async () => {
    const { answers } = await runSample({ a: right }, data);
    const result = compareBaseline(answers, 'a', { run: 'r1', outcomes: perfect });
    expect(result).toMatchObject({ rows: 40, both_right: 40, p_value: 1, significantly_worse: false });
  });

  it('is missed by a variant that is wrong where it was right, beyond luck', async () => {
    const { answers } = await runSample({ a: wrongEvery(4) }, data);
    const result = compareBaseline(answers, 'a', { run: 'r1', outcomes: perfect });
    // Ten rows that only the baseline got right: z = √10.
    expect(result).toMatchObject({ only_baseline_right: 10, only_variant_right: 0, significantly_worse: true });
    expect(result.p_value).toBeCloseTo(0.001565, 6);
    expect(result.accuracy.difference).toBeCloseTo(-0.25, 12);
    expect(result.sentence).toMatch(/^the baseline r1 beats a by 25\.0 points \(95 % .*p = 0\.002\)$/);
  });

  it('is not missed by as much as luck explains, nor by a variant that is better', async () => {
    const { answers } = await runSample({ a: wrongEvery(10), b: right }, data);
    // Four rows: the mid-p-value is 2 · ½ · 2⁻⁴ = 0.0625, though their score is 2.
    expect(compareBaseline(answers, 'a', { run: 'r', outcomes: perfect }).significantly_worse).toBe(false);
    const bad = data.rows.map(({ text, expected }, index) => recordedOutcome(index, text, labels[0], expected));
    const better = compareBaseline(answers, 'b', { run: 'r', outcomes: bad });
    expect(better).toMatchObject({ only_variant_right: 20, significantly_worse: false });
  });

  it('counts a row without an answer as a wrong one, on either side', async () => {
    const { answers } = await runSample({ a: () => new Error('no answer') }, data);
    expect(compareBaseline(answers, 'a', { run: 'r', outcomes: perfect })).toMatchObject({ only_baseline_right: 40 });
    const failed = data.rows.map(({ text, expected }, index) => recordedOutcome(index, text, null, expected));
    expect(compareBaseline(answers, 'a', { run: 'r', outcomes: failed })).toMatchObject({ both_wrong: 40 });
  });

  it('is compared on the rows with the same text only, whatever their order and ids', async () => {
    const { answers } = await runSample({ a: right }, data);
    const outcomes = [recordedOutcome(0, 'another text', 'good', 'good'), ...perfect.slice(0, 7).reverse()];
    expect(compareBaseline(answers, 'a', { run: 'r', outcomes }).rows).toBe(7);
  });

  it('uses the gold labels of the experiment, which may have been corrected since', async () => {
    const { answers } = await runSample({ a: right }, data);
    const outcomes = data.rows.map(({ text, expected }, index) => recordedOutcome(index, text, expected, 'bad'));
    expect(compareBaseline(answers, 'a', { run: 'r', outcomes }).both_right).toBe(40);
  });

  it('is rejected without gold labels, and without a row in common', async () => {
    const { answers } = await runSample({ a: right }, data);
    const unlabelled = data.rows.map(({ text }, index) => recordedOutcome(index, text, 'good', null));
    const compare = (outcomes: readonly OutcomeRecord[]) => compareBaseline(answers, 'a', { run: 'r1', outcomes });
    expect(() => compare(unlabelled)).toThrow('the baseline r1 has no gold labels; name a run that had label');
    expect(() => compare([recordedOutcome(0, 'x', 'good', 'good')])).toThrow('no row in common');
    expect(() => compare([])).toThrow('no row in common');
  });
});
