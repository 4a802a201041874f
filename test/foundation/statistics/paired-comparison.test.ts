import { describe, expect, it } from 'vitest';
import { scoreConfusion } from '../../../src/foundation/statistics/classification-scores.js';
import { comparePaired } from '../../../src/foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';
import { mcNemar, tangoInterval } from '../../../src/foundation/statistics/paired-tests.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';

function example(): PairedTable {
  const table = new PairedTable(['good', 'bad']);
  table.add('good', 'good', 'good', 60);
  table.add('good', 'good', 'bad', 25);
  table.add('bad', 'bad', 'bad', 80);
  table.add('bad', 'good', 'bad', 10);
  table.add('bad', 'good', 'good', 15);
  table.add('good', null, 'good', 10);
  return table;
}

describe('a comparison of two judges', () => {
  it('puts all figures together', () => {
    const table = example();
    const found = comparePaired(table, seededRandom(1));
    expect(found?.rows).toBe(200);
    expect(found?.outcomes).toEqual({ bothRight: 140, onlyFirst: 25, onlySecond: 20, bothWrong: 15 });
    expect(found?.accuracy).toEqual({
      first: 165 / 200,
      second: 160 / 200,
      difference: 5 / 200,
      interval: tangoInterval(table.outcomes()),
      pValue: mcNemar(25, 20),
      adjusted: mcNemar(25, 20),
      significant: false,
    });
    expect(found?.macroF1.first).toBe(scoreConfusion(table.confusionOf('first')).macroF1);
    expect(found?.macroF1.difference).toBeCloseTo((found?.macroF1.first ?? 0) - (found?.macroF1.second ?? 0), 12);
    expect(found?.odds.ratio).toBe(25 / 20);
  });

  it('leaves a row out for both where one of them did not answer and that is asked for', () => {
    const found = comparePaired(example(), seededRandom(1), { failures: 'left-out' });
    expect(found).toMatchObject({ rows: 190, outcomes: { onlyFirst: 25, onlySecond: 10 } });
  });

  it('is nothing where no row is left', () => {
    const table = new PairedTable(['good', 'bad']);
    table.add('good', null, 'good');
    expect(comparePaired(table, seededRandom(1), { failures: 'left-out' })).toBeNull();
    expect(comparePaired(new PairedTable(['good']), seededRandom(1))).toBeNull();
  });
});
