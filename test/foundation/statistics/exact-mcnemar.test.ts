import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactMcNemar } from '../../../src/foundation/statistics/paired-tests.js';

const fixture: { readonly tables: readonly (readonly [b: number, c: number, p: number])[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/statistics/mcnemar.json', import.meta.url), 'utf8'),
);

/** The definition, in whole numbers: right for every n, and slow. */
function byDefinition(b: number, c: number): number {
  const n = BigInt(b + c);
  let term = 1n;
  let sum = 0n;
  for (let i = 0n; i <= BigInt(Math.min(b, c)); i += 1n) {
    sum += term;
    term = (term * (n - i)) / (i + 1n);
  }
  const scale = 10n ** 30n;
  return Math.min(1, Number((2n * sum * scale) / 2n ** n) / Number(scale));
}

const count = (max: number) => fc.integer({ min: 0, max });

describe('the exact test of McNemar', () => {
  it('gives what scipy gives, for counts from 0 to a million', () => {
    expect(fixture.tables.length).toBeGreaterThanOrEqual(200);
    const most = Math.max(...fixture.tables.map(([b, c]) => b + c));
    expect(most).toBe(1_000_000);
    const wrong = fixture.tables.filter(([b, c, p]) => Math.abs(exactMcNemar(b, c) - p) > 1e-9 * p);
    expect(wrong).toEqual([]);
  });

  it('is its definition for small counts', () => {
    fc.assert(
      fc.property(count(40), count(40), (b, c) => {
        const p = byDefinition(b, c);
        expect(Math.abs(exactMcNemar(b, c) - p)).toBeLessThanOrEqual(1e-12 * p);
      }),
    );
  });

  it('does not care which of the two is called first', () => {
    fc.assert(fc.property(count(500_000), count(500_000), (b, c) => exactMcNemar(b, c) === exactMcNemar(c, b)));
  });

  it('is a probability, and above 0 as far as numbers reach', () => {
    fc.assert(
      fc.property(count(500), count(500), (b, c) => {
        const p = exactMcNemar(b, c);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
      }),
    );
    expect(exactMcNemar(0, 1_000_000)).toBe(0);
  });

  it('is exactly 1 where both got equally much right, or nearly', () => {
    fc.assert(
      fc.property(count(500_000), (b) => {
        expect(exactMcNemar(b, b)).toBe(1);
        expect(exactMcNemar(b, b + 1)).toBe(1);
      }),
    );
  });

  it('falls as the same number of differences becomes more uneven', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const fewer = Math.floor((n / 2) * share);
        fc.pre(fewer >= 1);
        expect(exactMcNemar(fewer - 1, n - fewer + 1)).toBeLessThanOrEqual(exactMcNemar(fewer, n - fewer));
      }),
    );
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s as a count', (wrong) => {
    expect(() => exactMcNemar(wrong, 1)).toThrow('option b must be a whole number of at least 0');
    expect(() => exactMcNemar(1, wrong)).toThrow('option c must be a whole number of at least 0');
  });
});
