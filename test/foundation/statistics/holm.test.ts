import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm } from '../../../src/foundation/statistics/paired-tests.js';
import { golden, isNear } from './golden.js';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

describe("Holm's correction", () => {
  it('is that of statsmodels', () => {
    const wrong = golden.corrected.filter(({ p, holm: theirs }) => {
      const ours = holm(p);
      return ours.length !== theirs.length || !theirs.every((value, index) => isNear(ours[index], value));
    });
    expect(wrong).toEqual([]);
  });

  it('lowers no p-value, exceeds 1 never, and keeps their order', () => {
    fc.assert(
      fc.property(pValues, (given) => {
        const corrected = holm(given);
        for (const [i, p] of given.entries()) {
          expect(corrected[i]).toBeGreaterThanOrEqual(p);
          expect(corrected[i]).toBeLessThanOrEqual(1);
          for (const [j, q] of given.entries()) if (p <= q) expect(corrected[i]).toBeLessThanOrEqual(corrected[j] ?? 0);
        }
      }),
    );
  });

  it('leaves one alone, and nothing nothing', () => {
    expect(holm([0.04])).toEqual([0.04]);
    expect(holm([])).toEqual([]);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses %s', (p) => {
    expect(() => holm([0.5, p])).toThrow('option pValues[1] must be from 0 to 1');
  });
});
