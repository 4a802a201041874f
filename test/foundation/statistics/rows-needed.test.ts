import { describe, expect, it } from 'vitest';
import { mcNemar } from '../../../src/foundation/statistics/paired-tests.js';
import { rowsNeeded, rowsNeededInterval } from '../../../src/foundation/statistics/rows-needed.js';

/** The probability that the test finds the difference: a sum over all numbers of discordant pairs and their split. */
function exactPower(rows: number, difference: number, discordance: number, alpha = 0.05): number {
  const logs = [0];
  for (let i = 1; i <= rows; i += 1) logs.push((logs[i - 1] ?? 0) + Math.log(i));
  const chance = (n: number, k: number, p: number) =>
    Math.exp((logs[n] ?? 0) - (logs[k] ?? 0) - (logs[n - k] ?? 0) + k * Math.log(p) + (n - k) * Math.log1p(-p));
  const lean = (discordance + difference) / 2 / discordance;
  let power = 0;
  for (let pairs = 1; pairs <= rows; pairs += 1) {
    const weight = chance(rows, pairs, discordance);
    if (weight < 1e-9) continue;
    let most = Math.floor(pairs / 2);
    while (most >= 0 && mcNemar(most, pairs - most) > alpha) most -= 1;
    for (let k = 0; k <= most; k += 1) power += weight * (chance(pairs, k, lean) + chance(pairs, pairs - k, lean));
  }
  return power;
}

describe('the rows that are needed', () => {
  it.each([
    [0.03, 0.07],
    [0.05, 0.2],
    [0.1, 0.3],
    [0.15, 0.4],
  ])(
    'let the test find a difference of %s among %s discordant in at least 80 %% of the cases',
    (difference, discordance) => {
      const power = exactPower(rowsNeeded(difference, discordance), difference, discordance);
      expect(power).toBeGreaterThan(0.8);
      expect(power).toBeLessThan(0.86);
    },
  );

  it.each([
    [0.05, 0.06],
    [0.2, 0.25],
  ])('are rather too many for a difference of %s where hardly more, %s, are discordant', (difference, discordance) => {
    const power = exactPower(rowsNeeded(difference, discordance), difference, discordance);
    expect(power).toBeGreaterThan(0.8);
    expect(power).toBeLessThan(0.93);
  });

  it('are more for smaller differences, more discordance, more power and less error', () => {
    expect(rowsNeeded(0.02, 0.1)).toBeGreaterThan(rowsNeeded(0.03, 0.1));
    expect(rowsNeeded(0.03, 0.2)).toBeGreaterThan(rowsNeeded(0.03, 0.1));
    expect(rowsNeeded(0.03, 0.1, { power: 0.9 })).toBeGreaterThan(rowsNeeded(0.03, 0.1));
    expect(rowsNeeded(0.03, 0.1, { alpha: 0.01 })).toBeGreaterThan(rowsNeeded(0.03, 0.1));
  });

  it('are as many for less discordance than the difference as for as much', () => {
    expect(rowsNeeded(0.03, 0)).toBe(rowsNeeded(0.03, 0.03));
    expect(rowsNeeded(1, 0)).toBeGreaterThanOrEqual(1);
  });

  it('refuse what is no difference', () => {
    expect(() => rowsNeeded(0, 0.1)).toThrow('option difference must be above 0 and at most 1, but is 0');
    expect(() => rowsNeeded(3, 0.1)).toThrow('option difference');
    expect(() => rowsNeeded(0.03, 2)).toThrow('option discordance must be from 0 to 1');
    expect(() => rowsNeeded(0.03, 0.1, { power: 80 })).toThrow('option power must be above 0 and below 1');
    expect(() => rowsNeeded(0.03, 0.1, { alpha: 0 })).toThrow('option alpha');
  });
});

describe('the rows that are needed among several comparisons', () => {
  // Of 100 rows two classifiers differed on 15.
  const discordance = 0.15;

  it('are more, since each comparison is tested at a lower level', () => {
    const among = (pairs: number) => rowsNeeded(0.03, discordance, { alpha: 0.05 / pairs });
    expect([1, 6, 190].map(among)).toEqual([1_372, 2_082, 3_424]);
  });

  it('give the power that they promise at that level', () => {
    const alpha = 0.05 / 6;
    const power = exactPower(rowsNeeded(0.03, discordance, { alpha }), 0.03, discordance, alpha);
    expect(power).toBeGreaterThan(0.8);
    expect(power).toBeLessThan(0.85);
    // The rows for one comparison do not suffice.
    expect(exactPower(rowsNeeded(0.03, discordance), 0.03, discordance, alpha)).toBeLessThan(0.62);
  });

  it('are as uncertain as the discordance that was observed', () => {
    const { lower, upper } = rowsNeededInterval(0.03, 15, 100);
    expect(lower).toBeLessThan(1_000);
    expect(upper).toBeGreaterThan(2_000);
    expect(rowsNeededInterval(0.03, 0, 0)).toEqual({ lower: rowsNeeded(0.03, 0), upper: rowsNeeded(0.03, 1) });
  });
});
