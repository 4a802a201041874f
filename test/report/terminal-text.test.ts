import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTables, Table } from '../../src/report/table.js';
import { coloured, displayWidth, paint, type Tone } from '../../src/report/terminal-text.js';

const tones: readonly Tone[] = ['bad', 'warning', 'best', 'heading'];

/** A table whose cells may be coloured. */
function render(on: boolean, width: number | undefined, cells: readonly string[]): string {
  return coloured(on, () =>
    fitTables(width, () => {
      const table = new Table({ style: { head: [], border: [] }, head: cells.map((_, index) => `c${index}`) });
      table.push(cells.map((cell, index) => paint(cell, tones[index % tones.length] ?? 'bad')));
      return table.toString();
    }),
  );
}

describe('a coloured text', () => {
  it('is plain where colours are off, and afterwards', () => {
    expect(paint('x', 'bad')).toBe('x');
    expect(coloured(true, () => paint('x', 'bad'))).toBe('\u001b[31mx\u001b[39m');
    expect(() =>
      coloured(true, () => {
        throw new Error('no table');
      }),
    ).toThrow('no table');
    expect(paint('x', 'bad')).toBe('x');
  });

  it('has nothing around no text', () => {
    expect(coloured(true, () => paint('', 'best'))).toBe('');
  });

  it('takes as many columns in a table as without colours, also where it is wrapped or stacked', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '积', '-'), minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 7 }),
        fc.option(fc.integer({ min: 30, max: 120 }), { nil: undefined }),
        (cells, width) => {
          const painted = render(true, width, cells);
          for (const line of painted.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width ?? 1_000);
          expect(stripVTControlCharacters(painted)).toBe(render(false, width, cells));
        },
      ),
      { numRuns: 25 },
    );
  });
});
