import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PairedOutcomes } from '../../../src/foundation/statistics/paired-table.js';
import {
  discordantOdds,
  exactMcNemar,
  mcNemar,
  midPMcNemar,
  tangoInterval,
} from '../../../src/foundation/statistics/paired-tests.js';
import { rowsNeeded } from '../../../src/foundation/statistics/rows-needed.js';
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
        midP: isNear(midPMcNemar(onlyFirst, onlySecond), paired.midP),
        larger: isNear(mcNemar(onlyFirst, onlySecond), Math.max(paired.midP, paired.asymptotic)),
        tango: isNear(tango.lower, paired.tango[0]) && isNear(tango.upper, paired.tango[1]),
        odds: isNear(odds.ratio, paired.odds),
        oddsInterval:
          isNear(odds.interval.lower, paired.oddsInterval[0]) && isNear(odds.interval.upper, paired.oddsInterval[1]),
        rowsNeeded: rowsNeeded(0.03, (onlyFirst + onlySecond) / rowsOf(ours)) === paired.rowsFor3Points,
        rowsAmongSix:
          rowsNeeded(0.03, (onlyFirst + onlySecond) / rowsOf(ours), { alpha: 0.05 / 6 }) === paired.rowsAmongSix,
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
