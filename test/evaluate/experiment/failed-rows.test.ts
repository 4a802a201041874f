import { describe, expect, it } from 'vitest';
import { compareBaseline } from '../../../src/evaluate/experiment/compare-baseline.js';
import { renderExperiment } from '../../../src/report/render-experiment.js';
import { recordedOutcome } from './recorded-outcome.js';
import { type Answerer, right, runSample, sampleRows, wrong } from './sample-experiment.js';

const data = sampleRows(200);

/** Right on 110 of the first 160 rows, and on the last 40: 75.0 %. */
const steady: Answerer = (text, index, ...rest) => (index >= 105 && index < 155 ? wrong : right)(text, index, ...rest);

/** Right on 149 of the first 160 rows; no answer to the last 40. */
const fragile: Answerer = (text, index, ...rest) =>
  index >= 160 ? 'what?' : (index >= 149 ? wrong : right)(text, index, ...rest);

describe('a variant of 75.0 % beside one that is better where it answers, and fails on 40 of 200 rows', async () => {
  const { result, answers } = await runSample({ A: steady, B: fragile }, data);
  const [pair] = result.pairs;

  it('is the best one, and no sentence says that the other beats it on these rows', () => {
    expect(result.best[0]).toBe('A');
    expect(result.variants.map(({ failures_as_wrong: { accuracy } }) => accuracy.value)).toEqual([0.75, 0.745]);
    expect(pair?.accuracy).toMatchObject({ a: 0.75, b: 0.745, significant: false });
    expect(pair?.accuracy.difference).toBeCloseTo(0.005, 12);
    expect(pair).toMatchObject({ rows: 200, significant: false });
    expect(pair?.sentence).toMatch(/^A and B: no difference can be claimed \(0\.5 points for A, 95 % /);
  });

  it('is compared on the rows that both answered beside that, and the sentence says which rows these are', () => {
    expect(pair?.both_answered).toMatchObject({ rows: 160, accuracy: { significant: true } });
    expect(pair?.both_answered.accuracy?.difference).toBeCloseTo(-39 / 160, 12);
    expect(pair?.sentence).toMatch(
      /; failures count as wrong; on the 160 rows that both answered: B beats A by 24\.4 points \(95 % [^;]+, p < 0\.001\)$/,
    );
  });

  it('stands above it in the table, whose accuracies count failures as wrong, too', () => {
    const shown = renderExperiment(result, new Map());
    expect(shown).toMatch(/│ \* │ A +│ +75\.0 % .*│ +0 of 200 │.*\n│ = │ B +│ +74\.5 % .*│ 40 of 200 │ +93\.1 %/);
    expect(shown).toContain('* best   = not significantly different from the best; a failed row counts as wrong');
  });

  it('is no better a baseline for it', () => {
    const outcomes = data.rows.map(({ text, expected }, index) =>
      recordedOutcome(index, text, String(steady(text, index, anyVariant, 1)), expected),
    );
    const compared = compareBaseline(answers, 'B', { run: 'r1', outcomes });
    expect(compared).toMatchObject({ rows: 200, significantly_worse: false, both_answered: { rows: 160 } });
    expect(compared.sentence).toMatch(/no difference can be claimed .*on the 160 rows that both answered: B beats/);
  });
});

const anyVariant = { name: '', prompt: '', model: null, options: {} };

it('a variant that fails on half of its rows is no tie of one that never fails', async () => {
  const half: Answerer = (text, index, ...rest) => (index % 2 === 0 ? 'what?' : right(text, index, ...rest));
  const { result } = await runSample({ A: right, B: half }, data);
  expect(result.best).toEqual(['A']);
  expect(result.pairs[0]?.sentence).toMatch(
    /^A beats B by 50\.0 points \(.*\); failures count as wrong; on the 100 rows that both answered: A and B: no difference can be claimed \(0\.0 points/,
  );
});

it('two variants of which none answered a row of the other are compared all the same', async () => {
  const part =
    (rest: number): Answerer =>
    (text, index, ...others) =>
      index % 4 < 2 === (rest === 0) ? right(text, index, ...others) : 'what?';
  const { result } = await runSample({ A: part(0), B: part(1) }, sampleRows(40));
  expect(result.pairs[0]).toMatchObject({ rows: 40, both_answered: { rows: 0, accuracy: null } });
  expect(result.pairs[0]?.sentence).toMatch(/; failures count as wrong, and there is no row that both answered$/);
});
