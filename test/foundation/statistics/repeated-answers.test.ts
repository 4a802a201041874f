import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { RepeatedAnswers } from '../../../src/foundation/statistics/repeated-answers.js';
import { golden, isNear } from './golden.js';

describe('repeated answers', () => {
  it('give the figures of numpy', () => {
    const wrong = golden.repeats.flatMap(({ answers, changed, accuracy, variance, passAll }, index) => {
      const repeats = answers[0]?.length ?? 0;
      const counted = new RepeatedAnswers(repeats);
      for (const row of answers) counted.add('0', row.map(String));
      const { total, sampling, model } = counted.variance ?? { total: 9, sampling: 9, model: 9 };
      const checks: Readonly<Record<string, boolean>> = {
        changed: counted.changed === changed && counted.changedShare === changed / answers.length,
        accuracy: isNear(counted.accuracy, accuracy),
        variance: [total, sampling, model].every((value, part) => isNear(value, variance[part])),
        passAll: passAll.every((value, k) => isNear(counted.passAll(k + 1), value)),
      };
      return Object.keys(checks).flatMap((name) => (checks[name] ? [] : [`${index}: ${name}`]));
    });
    expect(wrong).toEqual([]);
  });

  it('find no part of the model where no answer changes, and none of the rows where rows are alike', () => {
    const steady = new RepeatedAnswers(3);
    for (let i = 0; i < 50; i += 1) steady.add('a', i % 4 === 0 ? ['b', 'b', 'b'] : ['a', 'a', 'a']);
    expect(steady).toMatchObject({ rows: 50, changed: 0, accuracy: 0.74 });
    expect(steady.variance?.model).toBe(0);
    expect(steady.variance?.sampling).toBe(steady.variance?.total);

    const tossed = new RepeatedAnswers(2);
    for (let i = 0; i < 50; i += 1) tossed.add('a', i % 2 === 0 ? ['a', 'b'] : ['b', 'a']);
    expect(tossed.variance).toMatchObject({ total: 0, sampling: 0 });
    expect(tossed.variance?.model).toBeCloseTo(0.5 / 100, 12);
  });

  it('split the variance as it truly is, on the mean of many experiments', () => {
    const random = seededRandom(21);
    const [rows, repeats, experiments] = [60, 4, 4_000];
    const sums = { total: 0, model: 0, accuracy: 0, square: 0 };
    for (let i = 0; i < experiments; i += 1) {
      const counted = new RepeatedAnswers(repeats);
      for (let row = 0; row < rows; row += 1) {
        const skill = random() < 0.5 ? 0.95 : 0.5;
        counted.add(
          'a',
          Array.from({ length: repeats }, () => (random() < skill ? 'a' : 'b')),
        );
      }
      sums.total += (counted.variance?.total ?? 0) / experiments;
      sums.model += (counted.variance?.model ?? 0) / experiments;
      sums.accuracy += (counted.accuracy ?? 0) / experiments;
      sums.square += (counted.accuracy ?? 0) ** 2 / experiments;
    }
    const model = (0.95 * 0.05 + 0.25) / 2 / (rows * repeats);
    const sampling = 0.225 ** 2 / rows;
    expect(sums.model / model).toBeCloseTo(1, 1);
    expect(sums.total / (model + sampling)).toBeCloseTo(1, 1);
    expect((sums.square - sums.accuracy ** 2) / (model + sampling)).toBeCloseTo(1, 0);
  });

  it('pass all k times the less the larger k, and once as often as they are right', () => {
    const row = fc.array(fc.constantFrom('a', 'b', null), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (given) => {
        const counted = new RepeatedAnswers(5);
        for (const answers of given) counted.add('a', answers);
        const passed = [1, 2, 3, 4, 5].map((k) => counted.passAll(k) ?? 9);
        expect(passed[0]).toBeCloseTo(counted.accuracy ?? 9, 12);
        expect(passed.toSorted((x, y) => y - x)).toEqual(passed);
        expect(counted.rightTimes.reduce((sum, n) => sum + n, 0)).toBe(given.length);
      }),
    );
  });

  it('count a failure among answers as a change, and nothing but failures as none', () => {
    const counted = new RepeatedAnswers(2);
    counted.add('a', ['a', null]);
    counted.add('a', [null, null]);
    expect(counted.changed).toBe(1);
  });

  it('say nothing without rows, and refuse what does not fit', () => {
    const counted = new RepeatedAnswers(2);
    expect([counted.changedShare, counted.accuracy, counted.variance, counted.passAll(1)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    counted.add('a', ['a', 'a']);
    expect(counted.variance).toBeNull();
    expect(() => counted.add('a', ['a'])).toThrow('option answers must be one per repeat (2), but is 1');
    expect(() => counted.passAll(3)).toThrow('option k must be a whole number from 1 to 2, but is 3');
    expect(() => new RepeatedAnswers(1)).toThrow('option repeats must be a whole number of at least 2');
  });
});
