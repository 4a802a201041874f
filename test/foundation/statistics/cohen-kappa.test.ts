import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cohenKappa } from '../../../src/foundation/statistics/classification-scores.js';

const fixture: {
  readonly tables: readonly { readonly table: readonly (readonly number[])[]; readonly kappa: number }[];
} = JSON.parse(readFileSync(new URL('../../fixtures/statistics/kappa.json', import.meta.url), 'utf8'));

const counts = (max: number) =>
  fc.integer({ min: 2, max: 6 }).chain((size) =>
    fc.array(fc.array(fc.integer({ min: 0, max }), { minLength: size, maxLength: size }), {
      minLength: size,
      maxLength: size,
    }),
  );

const transposed = (table: readonly (readonly number[])[]) => table.map((_, j) => table.map((row) => row[j] ?? 0));

describe("Cohen's kappa", () => {
  it('gives what scikit-learn gives', () => {
    expect(fixture.tables.length).toBeGreaterThanOrEqual(50);
    const wrong = fixture.tables.filter(({ table, kappa }) => Math.abs((cohenKappa(table) ?? 9) - kappa) > 1e-12);
    expect(wrong).toEqual([]);
  });

  it('is the same whoever is called first', () => {
    fc.assert(
      fc.property(counts(1_000), (table) => {
        const kappa = cohenKappa(table);
        if (kappa === null) expect(cohenKappa(transposed(table))).toBeNull();
        else expect(cohenKappa(transposed(table))).toBeCloseTo(kappa, 12);
      }),
    );
  });

  it('is at most 1, and 1 for full agreement on two labels or more', () => {
    fc.assert(
      fc.property(counts(1_000), (table) => {
        expect(cohenKappa(table) ?? 1).toBeLessThanOrEqual(1);
        const agreeing = table.map((row, i) => row.map((count, j) => (i === j ? count + 1 : 0)));
        expect(cohenKappa(agreeing)).toBe(1);
      }),
    );
  });

  it('is 0 where the verdicts have nothing to do with each other', () => {
    expect(
      cohenKappa([
        [6, 4],
        [3, 2],
      ]),
    ).toBeCloseTo(0, 12);
  });

  it('is not defined without items, nor where both always say the same one label', () => {
    expect(cohenKappa([])).toBeNull();
    expect(
      cohenKappa([
        [0, 0],
        [0, 0],
      ]),
    ).toBeNull();
    expect(
      cohenKappa([
        [7, 0],
        [0, 0],
      ]),
    ).toBeNull();
    expect(
      cohenKappa([
        [0, 7],
        [0, 0],
      ]),
    ).toBe(0);
  });

  it('refuses a table that is not square, and counts that are none', () => {
    expect(() => cohenKappa([[1, 2]])).toThrow('option table must be square (1 × 1)');
    expect(() =>
      cohenKappa([
        [1, -2],
        [0, 1],
      ]),
    ).toThrow('option table[0][1] must be a whole number of at least 0');
  });
});
