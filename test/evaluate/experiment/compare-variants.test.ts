import { describe, expect, it } from 'vitest';
import { compareVariants } from '../../../src/evaluate/experiment/compare-variants.js';
import { type LabelledRows, labelRows } from '../../../src/evaluate/experiment/labelled-rows.js';
import { VariantRecord } from '../../../src/evaluate/experiment/variant-answers.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';

const labels = ['good', 'bad', 'so so'];

function sampleData(rows: number): LabelledRows {
  const review = (index: number) => ({
    index,
    id: `${index}`,
    text: `review ${index}`,
    expected: labels[index % labels.length] ?? '',
  });
  return labelRows(
    Array.from({ length: rows }, (_, index) => review(index)),
    labels,
  );
}

/** Variants that answer 80 % of the rows correctly and none in a hundred. */
function sampleRecords(variants: number, data: LabelledRows): readonly VariantRecord[] {
  const random = seededRandom(3);
  return Array.from({ length: variants }, (_, k) => {
    const record = new VariantRecord({ name: `v${k}`, prompt: 'p', model: 'm', options: {} }, labels, data.rows.length);
    const answers = record.beginRound();
    for (const [position, { expected }] of data.rows.entries()) {
      const label = random() < 0.8 ? expected : (labels[Math.floor(random() * labels.length)] ?? null);
      answers.set(position, random() < 0.01 ? null : label);
    }
    return record;
  });
}

const options = { criterion: 'macro-f1', confidence: 0.95, resamples: 400, seed: 1 } as const;

describe('the comparison of many variants', () => {
  it('shares samples among pairs, and gives what the pairs by themselves give, within Monte-Carlo error', async () => {
    const data = sampleData(300);
    const records = sampleRecords(11, data);
    const shared = await compareVariants(records, data, { ...options, criterion: 'accuracy', resamples: 20_000 });
    const [alone] = await compareVariants(records.slice(0, 2), data, { ...options, resamples: 20_000 });
    expect(shared).toHaveLength(55);
    const [first] = shared;
    expect(first?.macro_f1.difference).toBeCloseTo(alone?.macro_f1.difference ?? 9, 12);
    expect(first?.macro_f1.a).toBe(alone?.macro_f1.a);
    expect(Math.abs((first?.macro_f1.p_value ?? 9) - (alone?.macro_f1.p_value ?? 8))).toBeLessThan(0.04);
    expect(first?.both_answered.rows).toBe(alone?.both_answered.rows);
    expect(first?.both_answered.macro_f1?.difference).toBeCloseTo(alone?.both_answered.macro_f1?.difference ?? 9, 12);
  });

  it('can be aborted, and lets timers run meanwhile', async () => {
    const data = sampleData(300);
    const records = sampleRecords(12, data);
    const controller = new AbortController();
    const stop = setTimeout(() => controller.abort(new Error('enough')), 1);
    const comparing = compareVariants(records, data, { ...options, resamples: 1e9, signal: controller.signal });
    await expect(comparing).rejects.toThrow('enough');
    clearTimeout(stop);
  });
});
