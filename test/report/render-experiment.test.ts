import { describe, expect, it } from 'vitest';
import { rankVariants } from '../../src/report/render-classifiers.js';
import { renderDifferences, renderExperiment } from '../../src/report/render-experiment.js';
import { type Answerer, right, runSample, sampleRows, wrongEvery } from '../evaluate/experiment/sample-experiment.js';

const data = sampleRows(40);
const texts = new Map(data.rows.map(({ index, text }) => [index, text]));
const failing: Answerer = (text, index) => (index < 4 ? 'what?' : (text.split(' ')[1] ?? ''));
const sure: Answerer = (text, index, ...rest) => ({
  text: String(wrongEvery(10)(text, index, ...rest)),
  confidence: index % 10 === 0 ? 0.6 : 0.9,
  usage: { promptTokens: 30, completionTokens: 1 },
});

describe('renderExperiment', () => {
  it('puts the best first, marks it, and marks ties as ties', async () => {
    const { result } = await runSample({ a: wrongEvery(2), b: wrongEvery(20), c: right }, data);
    expect(rankVariants(result).map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    const shown = renderExperiment(result, texts);
    const marks = [...shown.matchAll(/^│ ([ *=]) +│ ([abc]) +│ +(\S+ %)/gm)].map(([, mark, name, share]) => [
      mark,
      name,
      share,
    ]);
    expect(marks).toEqual([
      ['*', 'c', '100.0 %'],
      ['=', 'b', '95.0 %'],
      [' ', 'a', '50.0 %'],
    ]);
    expect(shown).toContain('* best   = not significantly different from the best');
    expect(shown).toContain('3 variants, 40 rows (good 20, bad 20)');
  });

  it('has a sentence for each pair, and lists disagreements with the variants of each answer', async () => {
    const { result } = await runSample({ a: right, b: wrongEvery(2) }, data);
    const shown = renderExperiment(result, texts);
    expect(shown).toMatch(/^- a beats b by 50\.0 points \(95 % .*\)$/m);
    expect(shown).toMatch(/│ 1 +│ good +│ good: a; bad: b +│ 0 good +│/);
  });

  it('shows failures both ways, and why reviews failed, only where some did', async () => {
    const { result } = await runSample({ a: failing, b: right }, data);
    const shown = renderExperiment(result, texts);
    expect(shown).toMatch(/│ = │ a +│ +90\.0 % \(.*4 of 40 │ +100\.0 % \(90\.4–100\.0 %\)/);
    expect(shown).toMatch(/│ a +│ +4 │ CHORALE_ANSWER_INVALID │/);
    expect(renderExperiment((await runSample({ b: right }, data)).result, texts)).not.toContain('failed');
  });

  it('counts a failed row as wrong in the metrics of the classes, which give the macro-F1 of the ranking', async () => {
    const { result } = await runSample({ a: failing, b: right }, data);
    const shown = renderExperiment(result, texts);
    expect(shown).toMatch(/│ a +│ good +│ +1\.000 │ +0\.900 │ +0\.947 │ +20 │ +0\.900 │/);
    expect(shown).toMatch(/│ a +│ +90\.0 % \(.*\) │ +0\.947 │/);
  });

  it('shows the interval of the best, corrected for its selection, without a value below all that was observed', async () => {
    const { result } = await runSample({ a: wrongEvery(5), b: wrongEvery(5) }, data);
    const shown = renderExperiment(result, texts);
    expect(shown).toMatch(/^accuracy of a, corrected for its selection among 2 variants \(95 %\): \d+\.\d–\d+\.\d %$/m);
  });

  it('shows confidence and stability where there are some', async () => {
    const plain = renderExperiment((await runSample({ a: right }, data)).result, texts);
    expect(plain).not.toMatch(/confidence|repeats/);
    const { result } = await runSample({ a: sure }, data, { repeats: 2 });
    const shown = renderExperiment(result, texts);
    expect(shown).toMatch(/│ a +│ +0\.870 │.* 100\.0 % │ 100\.0 % │/);
    expect(shown).toMatch(/│ a +│ +2 │ +0 \(0\.0 %\) │ +90\.0 % │/);
    expect(shown).toContain('2 repeats');
    expect(shown).toMatch(/ 31 │$/m);
  });

  it('shows the cost of a thousand reviews where a price is known', async () => {
    const priceOf = () => ({ promptPerMillion: 1, completionPerMillion: 10, currency: 'EUR' });
    const { result } = await runSample({ a: sure }, data, { priceOf });
    expect(renderExperiment(result, texts)).toContain('0.0400 EUR');
  });

  it('lets no control character of a text through', async () => {
    const { result } = await runSample({ a: right, b: wrongEvery(2) }, data);
    const shown = renderExperiment(result, new Map([[0, 'one\u001b[31m\ntwo']]));
    expect(shown).toContain('one [31m two');
    expect(shown).not.toContain('\u001b');
  });
});

describe('renderDifferences', () => {
  it('puts two answers side by side, and marks those that are right', async () => {
    const { answers } = await runSample({ a: failing, b: wrongEvery(8) }, data);
    const shown = renderDifferences('a', 'b', [...answers.differences('a', 'b')]);
    expect(shown).toContain('8 rows that a and b answer differently');
    expect(shown).toMatch(/│ 1 +│ good +│ none +│ bad +│ 0 good/);
    expect(shown).toMatch(/│ 2 +│ bad +│ none +│ bad ✓ +│ 1 bad/);
    expect(shown).toMatch(/│ 9 +│ good +│ good ✓ +│ bad +│ 8 good/);
  });

  it('says so where there are none', () => {
    expect(renderDifferences('a', 'b', [])).toBe('a and b answer every row the same\n');
  });
});
