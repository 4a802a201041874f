import { describe, expect, it } from 'vitest';
import { joinPredictions } from '../../../src/evaluate/predictions/join-predictions.js';
import type { PredictionFile } from '../../../src/evaluate/predictions/predictions.js';

type Line = readonly [id: string, gold: string | null, value?: string | null];

/** A file with one classifier, or gold labels only. */
function file(path: string, lines: readonly Line[], isFreeText = false): PredictionFile {
  const predictions = lines.map(([id, , value = null]) => ({ id, value, confidence: null }));
  const hasPredictions = lines.some(([, , value]) => value !== undefined);
  return {
    path,
    sets: hasPredictions ? [{ name: 'p', source: 'column p', isFreeText, predictions }] : [],
    gold: lines.map(([id, value]) => ({ id, value, text: null })),
    unreadable: 0,
  };
}

const a = file('a.csv', [
  ['1', 'good', 'good'],
  ['2', 'bad', 'good'],
  ['3', 'good', null],
  ['4', 'bad', 'odd'],
]);

describe('joinPredictions', () => {
  it('joins rows by their ids in any order, and takes blank predictions and others than the labels for failures', () => {
    const b = file('b.csv', [
      ['4', null, 'bad'],
      ['3', null, 'Good.'],
      ['2', null, 'BAD'],
      ['1', null, 'bad'],
    ]);
    const { data, given, warnings } = joinPredictions([a, b]);
    expect(data).toMatchObject({ labels: ['bad', 'good'], counts: { bad: 2, good: 2 } });
    const answers = given.map(({ name, answers: of }) => [name, ...data.rows.map((_, row) => of?.answerAt(row))]);
    expect(answers).toEqual([
      ['a', 'good', 'good', null, null],
      ['b', 'bad', 'bad', 'good', 'bad'],
    ]);
    expect(warnings).toEqual(["a: 1 prediction is none of bad, good, and counts as wrong: 'odd' (1)"]);
  });

  it('excludes rows that a classifier lacks, or counts them as wrong, and lists them', () => {
    const b = file('b.csv', [
      ['1', null, 'good'],
      ['2', null, 'bad'],
      ['9', null, 'bad'],
    ]);
    const excluded = joinPredictions([a, b]);
    expect(excluded.data.rows.map(({ id }) => id)).toEqual(['1', '2']);
    expect(excluded.excluded).toEqual({ unlabelled: 1, missing: 2, unreadable: 0 });
    expect(excluded.warnings.flat().join('')).toContain(
      'b has no prediction for 2 of 4 rows (3, 4): they are excluded',
    );
    expect(excluded.warnings.flat()).toContain('excluded: 1 row without a gold label (9)');
    const wrong = joinPredictions([a, b], { missing: 'wrong' });
    expect(wrong.data.rows).toHaveLength(4);
    expect(wrong.given[1]?.answers?.answered).toBe(2);
  });

  it('takes gold labels from a file without predictions', () => {
    const gold = file('gold.csv', [
      ['1', 'good'],
      ['2', 'bad'],
      ['3', 'good'],
      ['4', 'bad'],
    ]);
    const b = file('b.csv', [
      ['1', null, 'good'],
      ['2', null, 'bad'],
      ['3', null, 'bad'],
      ['4', null, 'bad'],
    ]);
    const { data, given } = joinPredictions([gold, b]);
    expect(data.rows).toHaveLength(4);
    expect(given.map(({ name }) => name)).toEqual(['b']);
  });

  it('finds the label in what a model wrote, and only there in a sentence', () => {
    const lines: Line[] = [
      ['1', 'good', 'The answer is good.'],
      ['2', 'bad', 'not good but bad'],
    ];
    const read = (isFreeText: boolean) =>
      joinPredictions([file('a.csv', lines, isFreeText)]).given[0]?.answers?.answered;
    expect([read(true), read(false)]).toEqual([2, 0]);
  });

  it('rejects repeated ids, contradictory gold labels, foreign ids and one label in one line each', () => {
    const reject = (...files: readonly PredictionFile[]) => {
      try {
        joinPredictions(files);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(
      reject(
        file('a.csv', [
          ['1', 'good', 'good'],
          ['1', 'bad', 'bad'],
          ['2', 'bad', 'bad'],
        ]),
      ),
    ).toBe(
      'a.csv: 1 id comes more than once (column p): 1; rows are joined by their ids: name another column with id, or remove the duplicates',
    );
    expect(
      reject(
        a,
        file('b.csv', [
          ['1', 'bad', 'bad'],
          ['2', 'bad', 'bad'],
        ]),
      ),
    ).toBe(
      "1 row with different gold labels: 1 ('good' in a.csv, 'bad' in b.csv); give the gold labels in one file only, or check id",
    );
    expect(reject(a, file('b.csv', [['x', null, 'bad']]))).toContain(
      'no id is in all files: the gold labels have 1, 2, 3, 4; a.csv has 1, 2, 3, 4; b.csv has x',
    );
    expect(
      reject(
        file('a.csv', [
          ['1', 'good', 'good'],
          ['2', 'good', 'bad'],
        ]),
      ),
    ).toContain("all 2 compared rows have the gold label 'good'");
    expect(
      reject(
        file(
          'a.csv',
          Array.from({ length: 101 }, (_, i): Line => [`${i}`, `text ${i}`, 'x']),
        ),
      ),
    ).toContain('the gold column has 101 different values');
  });

  it('rejects gold labels outside the labels, with the translation', () => {
    const line = (translations?: ReadonlyMap<string, string>) =>
      joinPredictions(
        [
          file('a.csv', [
            ['1', 'g', 'good'],
            ['2', 'bad', 'bad'],
          ]),
        ],
        {
          labels: ['good', 'bad'],
          translations,
        },
      );
    expect(() => line()).toThrow("1 gold label is none of good, bad: 'g' (1); translate with map=g=good");
    expect(line(new Map([['g', 'good']])).data.rows).toHaveLength(2);
  });

  it('names classifiers after their files, and tells equal names apart', () => {
    const other = file('sub/a.csv', [
      ['1', null, 'good'],
      ['2', null, 'bad'],
      ['3', null, 'bad'],
      ['4', null, 'bad'],
    ]);
    expect(joinPredictions([a, other]).given.map(({ name }) => name)).toEqual(['a.csv: p', 'sub/a.csv: p']);
  });
});
