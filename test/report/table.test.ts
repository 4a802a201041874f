import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTables, Table } from '../../src/report/table.js';
import { displayWidth } from '../../src/report/terminal-text.js';

const plain = { style: { head: [], border: [] } };

function render(width: number | undefined, head: string[], rows: string[][]): string {
  return fitTables(width, () => {
    const table = new Table({ ...plain, head });
    table.push(...rows);
    return table.toString();
  });
}

describe('a table', () => {
  it('is as wide as what is in it where there is no terminal', () => {
    expect(displayWidth(render(undefined, ['a'], [['x'.repeat(300)]]).split('\n')[0] ?? '')).toBe(304);
  });

  it('wraps its widest cells where the terminal is narrower', () => {
    const text = render(40, ['check', 'says'], [['model', 'the model is installed and answers within a second']]);
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(40);
    expect(text.split('\n').length).toBeGreaterThan(5);
    expect(text.replace(/[│─┌┐└┘├┤┬┴┼\s]+/g, ' ')).toContain('the model is installed');
  });

  it('with many columns becomes a stack: the name of each column before its value', () => {
    const head = ['run', 'status', 'answered', 'model', 'input'];
    const row = ['3f2a8c1d', 'done', '12', 'llama3.2:3b', 'reviews.csv'];
    expect(render(30, head, [row, row])).toBe(
      Array(2)
        .fill('run: 3f2a8c1d\n  status: done\n  answered: 12\n  model: llama3.2:3b\n  input: reviews.csv')
        .join('\n\n'),
    );
  });

  it('never takes more columns than there are, and loses no character', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '积', 'é', '-'), minLength: 1, maxLength: 60 });
    const row = fc.integer({ min: 1, max: 8 }).chain((count) => fc.array(cell, { minLength: count, maxLength: count }));
    fc.assert(
      fc.property(row, fc.integer({ min: 30, max: 120 }), (cells, width) => {
        const text = render(
          width,
          cells.map((_, index) => `c${index}`),
          [cells],
        );
        for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        const letters = (some: string) => [...some.replace(/[^a积é]/gu, '')].sort().join('');
        expect(letters(text.replace(/(?<=^|\n)\s*c\d: |│ c\d/gu, ''))).toBe(letters(cells.join('')));
      }),
      { numRuns: 25 },
    );
  });

  it('is not narrowed for what is rendered afterwards', () => {
    fitTables(20, () => '');
    expect(render(undefined, ['a'], [['x'.repeat(50)]])).toContain('x'.repeat(50));
  });
});
