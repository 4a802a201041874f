import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PairedOutcomes } from '../../../src/foundation/statistics/paired-table.js';
import {
  discordantOdds,
  exactMcNemar,
  rowsNeeded,
  tangoInterval,
} from '../../../src/foundation/statistics/paired-tests.js';
import { golden, isNear, tableOf } from './golden.js';

const count = fc.nat(2_000);
const outcomes = fc.record({ bothRight: count, onlyFirst: count, onlySecond: count, bothWrong: count });
const rowsOf = (o: PairedOutcomes) => o.bothRight + o.onlyFirst + o.onlySecond + o.bothWrong;

describe('the figures of two judges on the same rows', () => {
  it('are those of statsmodels and scipy on random tables', () => {
    const wrong = golden.tables.flatMap((given, index) => {
      const { paired } = given;
      const ours = tableOf(given).outcomes();
      const { onlyFirst, onlySecond } = ours;
      const odds = discordantOdds(onlyFirst, onlySecond);
      const tango = tangoInterval(ours);
      const checks: Readonly<Record<string, boolean>> = {
        outcomes: Object.values(ours).join() === paired.outcomes.join(),
        mcnemar: isNear(exactMcNemar(onlyFirst, onlySecond), paired.mcnemar),
        tango: isNear(tango.lower, paired.tango[0]) && isNear(tango.upper, paired.tango[1]),
        odds: isNear(odds.ratio, paired.odds),
        oddsInterval:
          isNear(odds.interval.lower, paired.oddsInterval[0]) && isNear(odds.interval.upper, paired.oddsInterval[1]),
        rowsNeeded: rowsNeeded(0.03, (onlyFirst + onlySecond) / rowsOf(ours)) === paired.rowsFor3Points,
      };
      return Object.keys(checks).flatMap((name) => (checks[name] ? [] : [`${index}: ${name}`]));
    });
    expect(wrong).toEqual([]);
  });
});

describe("Tango's interval", () => {
  it('is the published one for the airway data of Fagerland, Lydersen and Laake', () => {
    const { lower, upper } = tangoInterval({ bothRight: 1, onlyFirst: 1, onlySecond: 7, bothWrong: 12 });
    expect(lower).toBeCloseTo(-0.517, 3);
    expect(upper).toBeCloseTo(-0.026, 3);
  });

  it('turns round with the judges, and holds the difference between −1 and 1', () => {
    fc.assert(
      fc.property(outcomes, (given) => {
        fc.pre(rowsOf(given) > 0);
        const { lower, upper } = tangoInterval(given);
        const turned = tangoInterval({ ...given, onlyFirst: given.onlySecond, onlySecond: given.onlyFirst });
        const difference = (given.onlyFirst - given.onlySecond) / rowsOf(given);
        expect(turned.lower).toBeCloseTo(-upper, 12);
        expect(turned.upper).toBeCloseTo(-lower, 12);
        expect(lower).toBeLessThanOrEqual(difference + 1e-12);
        expect(upper).toBeGreaterThanOrEqual(difference - 1e-12);
        expect(lower).toBeGreaterThanOrEqual(-1);
        expect(upper).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not care what both got right or wrong, as long as the rows are as many', () => {
    fc.assert(
      fc.property(outcomes, (given) => {
        const moved = { ...given, bothRight: given.bothRight + given.bothWrong, bothWrong: 0 };
        expect(tangoInterval(moved)).toEqual(tangoInterval(given));
      }),
    );
  });

  it('leaves out 0 wherever the exact test finds a difference', () => {
    for (let discordant = 1; discordant <= 400; discordant += 1) {
      // The most even split that the exact test still finds.
      let fewer = Math.floor(discordant / 2);
      while (fewer >= 0 && exactMcNemar(fewer, discordant - fewer) > 0.05) fewer -= 1;
      if (fewer < 0) continue;
      const { upper } = tangoInterval({
        bothRight: 50,
        onlyFirst: fewer,
        onlySecond: discordant - fewer,
        bothWrong: 0,
      });
      expect(upper).toBeLessThan(0);
    }
  });

  it('has a width where no pair differs, and says nothing without rows', () => {
    const { lower, upper } = tangoInterval({ bothRight: 90, onlyFirst: 0, onlySecond: 0, bothWrong: 10 });
    expect(upper).toBeCloseTo(1.959964 ** 2 / (100 + 1.959964 ** 2), 6);
    expect(lower).toBeCloseTo(-upper, 12);
    expect(tangoInterval({ bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 })).toEqual({ lower: -1, upper: 1 });
  });

  it('refuses what is no count', () => {
    const given = { bothRight: 1, onlyFirst: -1, onlySecond: 0, bothWrong: 0 };
    expect(() => tangoInterval(given)).toThrow('option onlyFirst must be a whole number of at least 0, but is -1');
  });
});

describe('the odds of discordant pairs', () => {
  it('are turned over with the judges', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (b, c) => {
        const odds = discordantOdds(b, c);
        const turned = discordantOdds(c, b);
        expect((odds.ratio ?? 0) * (turned.ratio ?? 0)).toBeCloseTo(1, 9);
        expect(odds.interval.lower * turned.interval.upper).toBeCloseTo(1, 9);
      }),
    );
  });

  it('say nothing where no pair is discordant', () => {
    expect(discordantOdds(0, 0)).toEqual({ ratio: null, interval: { lower: 0, upper: Number.POSITIVE_INFINITY } });
  });
});

/** The chance that the exact test finds the difference: a sum over all numbers of discordant pairs and their split. */
function exactPower(rows: number, difference: number, discordance: number): number {
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
    while (most >= 0 && exactMcNemar(most, pairs - most) > 0.05) most -= 1;
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
  ])('let the exact test find a difference of %s among %s discordant four times in five', (difference, discordance) => {
    const power = exactPower(rowsNeeded(difference, discordance), difference, discordance);
    expect(power).toBeGreaterThan(0.79);
    expect(power).toBeLessThan(0.83);
  });

  it.each([
    [0.05, 0.06],
    [0.2, 0.25],
  ])('are rather too many for a difference of %s where hardly more, %s, are discordant', (difference, discordance) => {
    const power = exactPower(rowsNeeded(difference, discordance), difference, discordance);
    expect(power).toBeGreaterThan(0.8);
    expect(power).toBeLessThan(0.9);
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
