import { describe, expect, it } from 'vitest';
import { chooseCriterion } from '../../../src/evaluate/experiment/best-variant.js';
import { labelRows } from '../../../src/evaluate/experiment/labelled-rows.js';
import { renderExperiment } from '../../../src/report/render-experiment.js';
import { renderExperimentMarkdown } from '../../../src/report/render-markdown.js';
import { type Answerer, right, runSample, sampleRows, wrong, wrongEvery } from './sample-experiment.js';

/** Rows of which every so many are bad, with texts `0 bad`, `1 good` and so on. */
function unevenRows(count: number, nth: number) {
  const reviews = Array.from({ length: count }, (_, index) => {
    const expected = index % nth === 0 ? 'bad' : 'good';
    return { index, id: String(index + 1), text: `${index} ${expected}`, expected };
  });
  return labelRows(reviews, ['good', 'bad']);
}

const alwaysGood: Answerer = () => 'good';
/** Finds every bad row, and takes a third of the good ones for bad. */
const careful: Answerer = (text, index, ...rest) =>
  (text.endsWith('good') && index % 3 === 0 ? wrong : right)(text, index, ...rest);

describe('the criterion', () => {
  it('is accuracy, and macro-F1 where the most frequent label has at least three times the rows of the rarest', () => {
    expect(chooseCriterion(sampleRows(40)).criterion).toBe('accuracy');
    expect(chooseCriterion(unevenRows(90, 3)).criterion).toBe('accuracy');
    expect(chooseCriterion(unevenRows(80, 4))).toEqual({
      criterion: 'macro-f1',
      reason: 'the classes are unbalanced: good 60, bad 20 rows',
    });
  });

  it('is accuracy where the rarest label has fewer than ten rows', () => {
    expect(chooseCriterion(unevenRows(50, 10))).toEqual({
      criterion: 'accuracy',
      reason: 'the rarest class has too few rows for macro-F1: good 45, bad 5 rows',
    });
  });

  it('is the one that is given', () => {
    expect(chooseCriterion(unevenRows(80, 4), 'accuracy')).toEqual({ criterion: 'accuracy', reason: 'as given' });
  });
});

describe('on unbalanced classes', () => {
  const data = unevenRows(200, 10);
  const variants = { constant: alwaysGood, careful };

  it('macro-F1 decides, and the first line says so', async () => {
    const { result } = await runSample(variants, data);
    expect(result).toMatchObject({ criterion: 'macro-f1', best: ['careful'] });
    expect(result.pairs[0]).toMatchObject({ significant: true, macro_f1: { significant: true } });
    expect(result.pairs[0]?.sentence).toMatch(/^careful beats constant by \d+\.\d points of macro-F1 \(95 % /);
    const shown = renderExperiment(result, new Map());
    expect(shown).toContain('compared by macro-F1 (the classes are unbalanced: good 180, bad 20 rows)');
    expect(shown).toContain('macro-F1 of careful, corrected for its selection among 2 variants (95 %): 0.');
  });

  it('nothing is excluded where two variants differ on too few rows for the bootstrap', async () => {
    const { result } = await runSample({ a: careful, b: careful }, data);
    expect(result.pairs[0]?.sentence).toBe(
      'a and b: no difference can be claimed (0.0 points of macro-F1, 95 % 0.0 to 0.0, p = 1.00); ' +
        '0 discordant rows are too few for this interval',
    );
  });

  it('accuracy decides where it is given: the best variant is a constant classifier, and is said to be one', async () => {
    const { result } = await runSample(variants, data, { criterion: 'accuracy' });
    expect(result.best[0]).toBe('constant');
    expect(result.pairs[0]?.sentence).toMatch(/^constant beats careful by 20\.0 points \(/);
    expect(result.variants.map(({ constant }) => constant)).toEqual(['good', null]);
    const said = "constant is a constant classifier: it answers every row 'good'";
    expect(renderExperiment(result, new Map())).toContain(`\n${said}\n`);
    expect(renderExperimentMarkdown(result)).toContain(said);
    expect(result.warnings).toContain(`the best variant ${said}`);
  });

  it('a constant classifier is warned of once, with all of its answers', async () => {
    const live: string[] = [];
    const { result } = await runSample(variants, data, { onWarning: (warning) => live.push(warning) });
    expect(live).toEqual([expect.stringMatching(/^constant: \d+ of \d+ answers are 'good', /)]);
    expect(result.warnings.filter((warning) => warning.includes("answers are 'good'"))).toEqual([
      expect.stringMatching(/^constant: 200 of 200 answers are 'good', and of the 20 rows /),
    ]);
  });

  it('the table has the majority baseline with κ = 0', async () => {
    const { result } = await runSample(variants, data);
    expect(renderExperiment(result, new Map())).toMatch(/│ +│ always 'good' +│ +90\.0 % │ +0\.474 │ +0\.000 │/);
    expect(renderExperimentMarkdown(result)).toMatch(/\| {2}\| always 'good' \| 90\.0 % \| 0\.474 \| 0\.000 \|/);
  });
});

describe('the best of several', () => {
  it('has a value that is corrected for its selection, below the observed one where others are close', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const close = Object.fromEntries(
      names.map((name, k): [string, Answerer] => [
        name,
        (text, index, ...rest) => (index % 10 === k || index % 7 === k ? wrong : right)(text, index, ...rest),
      ]),
    );
    const { result } = await runSample(close, sampleRows(100));
    const [first] = result.best;
    const best = result.variants.find(({ name }) => name === first);
    expect(result.best_adjusted).toMatchObject({ variant: first, variants: 5 });
    expect(result.best_adjusted?.value).toBeLessThan(best?.accuracy.value ?? 0);
    expect(result.best_adjusted?.lower).toBeLessThan(best?.accuracy.lower ?? 0);
  });

  it('of one variant needs no correction', async () => {
    const { result } = await runSample({ a: wrongEvery(4) }, sampleRows(40));
    expect(result.best_adjusted).toBeNull();
  });
});
