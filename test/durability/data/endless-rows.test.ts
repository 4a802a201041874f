import { describe, expect, it } from 'vitest';
import { maxRowBytes } from '../../../src/data/row-parser.js';
import { problemOf, rowsOf, sourceOf } from '../../data/read-text.js';

const openQuote = 'a quote opens here and is not closed; inside a quoted cell a quote is written twice';

describe('CSV that cannot be read', () => {
  it('finds an open quote without reading the rest of a large file', async () => {
    let chunks = 0;
    const endless = (function* () {
      yield Buffer.from('a,b\n1,2\n3,"');
      for (;;) {
        chunks += 1;
        yield Buffer.alloc(1 << 20, 'word word\n');
      }
    })();
    await expect(rowsOf([sourceOf(endless, 'csv')])).rejects.toThrow(`<stdin>:3: ${openQuote}`);
    expect(chunks).toBeLessThan(70);
  });

  it('refuses a row that never ends', { timeout: 60_000 }, async () => {
    const text = Buffer.concat([Buffer.from('a,b\n1,2\n3,'), Buffer.alloc(maxRowBytes + 2, 'x')]);
    expect(await problemOf(text, 'csv')).toBe('<stdin>:3: the row is longer than 64 MiB');
  });
});
