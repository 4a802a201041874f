import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DataSource } from '../../src/data/data-format.js';
import { digestSources } from '../../src/data/read-bytes.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
let files = 0;

async function source(
  content: string | Uint8Array,
  format: DataSource['format'] = 'csv',
  ending = '',
): Promise<DataSource> {
  files += 1;
  return { path: await folder.put(`${files}.${format}${ending}`, content), format };
}

describe('the digest of sources', () => {
  const text = 'text\nfine\n';

  it('is SHA-256 over the format, the compression and the SHA-256 of the bytes', async () => {
    const long = text.repeat(300_000);
    const hash = (value: string) => createHash('sha256').update(value).digest('hex');
    const expected = hash(`["csv",null,"${hash(long)}"]["jsonl",null,"${hash('{}')}"]`);
    expect(await digestSources([await source(long), await source('{}', 'jsonl')])).toBe(expected);
  });

  it('is the same for the same content under another name', async () => {
    expect(await digestSources([await source(text)])).toBe(await digestSources([await source(text)]));
  });

  it('is another one for other bytes, another format, compression, order or division', async () => {
    const [a, b, ab] = [await source('text\na\n'), await source('text\nb\n'), await source('text\na\ntext\nb\n')];
    const choices = [
      ...[[], [a], [a, a], [a, b], [b, a], [ab]],
      [await source('text\na\n', 'tsv')],
      [await source(gzipSync('text\na\n'), 'csv', '.gz')],
    ];
    const digests = await Promise.all(choices.map((sources) => digestSources(sources)));
    expect(new Set(digests).size).toBe(choices.length);
  });

  it('tells which file cannot be read', async () => {
    const path = folder.path('missing.csv');
    await expect(digestSources([await source(text), { path, format: 'csv' }])).rejects.toMatchObject({
      name: 'InputError',
      message: `${path}: there is no such file`,
    });
  });

  it('stops at the signal', async () => {
    const controller = new AbortController();
    const digest = digestSources([await source(text.repeat(2_000_000))], controller.signal);
    controller.abort('enough');
    await expect(digest).rejects.toBe('enough');
  });
});
