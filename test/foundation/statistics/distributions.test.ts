import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrequentValues } from '../../../src/foundation/statistics/frequent-values.js';
import { NumberDistribution } from '../../../src/foundation/statistics/number-distribution.js';

function exactQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

describe('the distribution of numbers', () => {
  it('is exact for up to 1,000 different numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        const numbers = new NumberDistribution();
        for (const value of values) numbers.add(value);
        for (const share of [0.05, 0.25, 0.5, 0.95])
          expect(numbers.quantile(share) === exactQuantile(values, share)).toBe(true);
        expect(numbers.quantiles().min).toBe(Math.min(...values));
      }),
    );
  });

  it('is within 1 % of many numbers of both signs', () => {
    const numbers = new NumberDistribution();
    const values = Array.from({ length: 20_000 }, (_, row) => Math.sin(row) * (1 + (row % 977)) - 100);
    for (const value of values) numbers.add(value);
    for (const share of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const exact = exactQuantile(values, share);
      expect(Math.abs((numbers.quantile(share) ?? 0) - exact)).toBeLessThanOrEqual(0.0101 * Math.abs(exact));
    }
    expect(numbers.quantiles()).toMatchObject({ min: Math.min(...values), max: Math.max(...values) });
  });

  it('has no quantiles without a number', () => {
    expect(Object.values(new NumberDistribution().quantiles())).toEqual(Array.from({ length: 8 }, () => null));
  });
});

describe('the most frequent values', () => {
  it('come with exact counts, the earlier one first where they are equal', () => {
    const values = new FrequentValues();
    for (const value of ['b', 'a', 'c', 'a', 'c', 'd']) values.add(value);
    expect(values.list(3)).toEqual([
      { value: 'a', count: 2 },
      { value: 'c', count: 2 },
      { value: 'b', count: 1 },
    ]);
    expect(values).toMatchObject({ total: 6, different: 4, uncertainty: 0 });
  });

  it('are found among 200,000 different ones, in bounded memory, each count too low by no more than the uncertainty', () => {
    const values = new FrequentValues();
    for (let row = 0; row < 200_000; row += 1) {
      values.add(`rare ${row}`);
      if (row % 100 === 99) values.add('frequent');
      if (row % 200 === 199) values.add('less frequent');
    }
    const [first, second] = values.list(2);
    expect([first?.value, second?.value]).toEqual(['frequent', 'less frequent']);
    expect((first?.count ?? 0) + values.uncertainty).toBeGreaterThanOrEqual(2_000);
    expect(first?.count).toBeLessThanOrEqual(2_000);
    expect(values.uncertainty).toBeLessThanOrEqual(203_000 / 1_000);
    expect(values.different).toBeNull();
    expect(values.list(1e9).length).toBeLessThanOrEqual(2_000);
  });
});
