import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockCount, blockOrder } from '../../../src/evaluate/experiment/block-order.js';

describe('the order of blocks', () => {
  it('gives every variant all rows, in their order, in blocks of nearly the same size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.constantFrom('m', 'n', 'o'), { minLength: 1, maxLength: 6 }),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        fc.integer(),
        (rows, models, blocks, seed) => {
          const turns = blockOrder({ rows, models, blocks }, seed);
          expect(turns).toHaveLength(models.length * blockCount({ rows, models, blocks }));
          for (const variant of models.keys()) {
            const ends = turns.filter((turn) => turn.variant === variant).map(({ end }) => end);
            const sizes = ends.map((end, index) => end - (ends[index - 1] ?? 0));
            expect(ends.at(-1)).toBe(rows);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            expect(Math.min(...sizes)).toBeGreaterThan(0);
          }
        },
      ),
    );
  });

  it('lets every variant have a block before one has another, model by model', () => {
    const turns = blockOrder({ rows: 400, models: ['m', 'm', 'n', 'n'] }, 1);
    for (let block = 0; block < 5; block += 1) {
      const cycle = turns.slice(block * 4, block * 4 + 4).map(({ variant }) => variant);
      expect([...cycle].sort()).toEqual([0, 1, 2, 3]);
      expect(cycle.slice(0, 2).every((variant) => variant < 2) || cycle.slice(2).every((variant) => variant < 2)).toBe(
        true,
      );
    }
  });

  it('is random, and the same for the same seed', () => {
    const plan = { rows: 400, models: ['m', 'm'] };
    const firsts = blockOrder(plan, 1).flatMap(({ variant }, index) => (index % 2 === 0 ? [variant] : []));
    expect(new Set(firsts)).toEqual(new Set([0, 1]));
    expect(blockOrder(plan, 1)).toEqual(blockOrder(plan, 1));
    expect(blockOrder(plan, 1)).not.toEqual(blockOrder(plan, 2));
  });

  it('takes ten blocks, five for several models, and fewer for few rows', () => {
    expect(blockCount({ rows: 1_000, models: ['m', 'm'] })).toBe(10);
    expect(blockCount({ rows: 1_000, models: ['m', 'n'] })).toBe(5);
    expect(blockCount({ rows: 60, models: ['m', 'm'] })).toBe(3);
    expect(blockCount({ rows: 60, models: ['m', 'n'] })).toBe(1);
    expect(blockCount({ rows: 3, models: ['m'], blocks: 7 })).toBe(3);
    expect(() => blockCount({ rows: 3, models: ['m'], blocks: 0 })).toThrow('blocks');
  });
});
