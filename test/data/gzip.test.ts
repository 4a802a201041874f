import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataFormat, formatOf, isGzipped } from '../../src/data/data-format.js';
import { gunzip, gzipSink } from '../../src/data/gzip.js';
import { openWriter } from '../../src/data/open-writer.js';
import { canReread } from '../../src/data/read-bytes.js';
import { readRows } from '../../src/data/read-rows.js';
import { cut, problemOf, rowsOf, rowsOfText } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
const table = 'id,text\n1,"so\nnice"\n2,é\n';

/** The error that reading a file ends with. */
async function failureOf(path: string, format: DataFormat = 'csv'): Promise<Error> {
  const failure = await rowsOf([{ path, format }]).catch((error: unknown) => error);
  if (failure instanceof Error) return failure;
  throw new Error('the file was read without an error');
}

async function* deliver(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

describe('a name that ends in .gz', () => {
  it.each([
    ['a.csv.gz', 'csv', true],
    ['A.JSONL.GZ', 'jsonl', true],
    ['a.ndjson.gz', 'jsonl', true],
    ['a.csv', 'csv', false],
    ['a.gz', null, true],
    ['a.gz.csv', 'csv', false],
    ['gz', null, false],
    ['a.csv.gz.gz', null, true],
  ])('%s is %s, packed: %s', (path, format, packed) => {
    expect([formatOf(path), isGzipped(path)]).toEqual([format, packed]);
  });
});

describe('packed input', () => {
  it.each<[DataFormat, string]>([
    ['csv', table],
    ['tsv', table.replaceAll(',', '\t')],
    ['jsonl', '\ufeff{"id":"1","text":"so\\nnice"}\nnope\n'],
    ['json', '[{"id":"1"},\n{"text":"é"}]'],
  ])('has the rows, places and problems of the same file unpacked (%s)', async (format, text) => {
    const path = await folder.put(`same.${format}.gz`, gzipSync(text));
    const plain = await folder.put(`same.${format}`, text);
    const rows = await rowsOf([{ path, format }]);
    const expected = await rowsOf([{ path: plain, format }]);
    expect(rows.map(({ cells, place, source }) => [cells, place.line, source])).toEqual(
      expected.map(({ cells, place, source }) => [cells, place.line, source]),
    );
    expect(rows[0]?.place.path).toBe(path);
    expect(await canReread({ path, format })).toBe(true);
  });

  it('may be packed in parts, with zeros at the end', async () => {
    const parts = [table.slice(0, 12), table.slice(12, 13), '', table.slice(13)].map((part) => gzipSync(part));
    const path = await folder.put('parts.csv.gz', Buffer.concat([...parts, Buffer.alloc(100_000)]));
    expect((await rowsOf([{ path, format: 'csv' }])).map((row) => row.cells)).toEqual([
      ['1', 'so\nnice'],
      ['2', 'é'],
    ]);
  });

  it('comes out as it went in, however it was packed and wherever the chunks end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3_000 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat()),
        async (parts, positions) => {
          const packed = Buffer.concat(parts.map((part) => gzipSync(part)));
          const unpacked: Uint8Array[] = [];
          for await (const bytes of gunzip(deliver(cut(packed, positions)), 'x')) unpacked.push(bytes);
          expect(Buffer.concat(unpacked)).toEqual(Buffer.concat(parts));
        },
      ),
    );
  });

  it('is closed when its rows are no longer taken', async ({ skip }) => {
    if (process.platform !== 'linux') skip('this system does not tell which files are open');
    const path = await folder.put('many.csv.gz', gzipSync(`a\n${'word\n'.repeat(500_000)}`));
    for await (const _ of readRows([{ path, format: 'csv' }])) break;
    expect(execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' })).not.toContain(path);
  });

  it.each([
    [
      'truncated',
      gzipSync(table).subarray(0, 30),
      'the gzip data ends too early: the file is truncated; get or pack it again',
    ],
    [
      'truncated in its header',
      gzipSync(table).subarray(0, 1),
      'the gzip data ends too early: the file is truncated; get or pack it again',
    ],
    [
      'truncated in its checksum',
      gzipSync(table).subarray(0, -2),
      'the gzip data ends too early: the file is truncated; get or pack it again',
    ],
    ['empty', Buffer.alloc(0), 'is empty'],
    ['packed, but nothing', gzipSync(''), 'is empty'],
    ['packed twice', gzipSync(gzipSync(table)), '1: is gzip data, not text'],
    [
      'followed by something',
      Buffer.concat([gzipSync(table), Buffer.from('more')]),
      'the gzip data is damaged (incorrect header check)',
    ],
    [
      'followed by something after zeros',
      Buffer.concat([gzipSync(table), Buffer.alloc(20_000), gzipSync(table)]),
      'the gzip data is damaged: something else follows after its end',
    ],
  ])('is refused where it is %s', async (_, bytes, problem) => {
    const path = await folder.put('broken.csv.gz', bytes);
    const failure = await failureOf(path);
    expect(failure.name).toBe('InputError');
    expect(failure.message).toContain(`${path}:${problem.startsWith('1') ? '' : ' '}${problem}`);
  });

  it('is refused where a byte is wrong', async () => {
    const bytes = gzipSync(table);
    bytes[bytes.length - 6] = 255 - (bytes[bytes.length - 6] ?? 0);
    const path = await folder.put('wrong.csv.gz', bytes);
    expect((await failureOf(path)).message).toBe(
      `${path}: the gzip data is damaged (incorrect data check); get or pack it again`,
    );
  });

  it('says what to do where name and content contradict each other', async () => {
    const plain = await folder.put('plain.csv.gz', table);
    expect((await failureOf(plain)).message).toBe(
      `${plain}: is not gzip data, although its name ends in .gz; rename it: mv ${plain} ${plain.slice(0, -3)}`,
    );
    const packed = await folder.put('packed.csv', gzipSync(table));
    const advice = 'is gzip data, not text; unpack it with gunzip, or give it a name that ends in .gz';
    expect((await failureOf(packed)).message).toBe(`${packed}:1: ${advice}`);
    expect(await problemOf(gzipSync(table), 'csv')).toBe(`<stdin>:1: ${advice}`);
  });

  it('in another encoding comes with a command that converts it', async () => {
    const path = await folder.put('latin.csv.gz', gzipSync(Buffer.from('text\ntrès\n', 'latin1')));
    expect((await failureOf(path)).message).toContain(
      `gunzip -c ${path} | iconv -f WINDOWS-1252 -t UTF-8 | gzip > ${folder.path('latin.utf8.csv.gz')}`,
    );
  });

  it('that is not there is missing', async () => {
    const path = folder.path('missing.csv.gz');
    expect((await failureOf(path)).message).toBe(`${path}: there is no such file`);
  });

  it('stops at the signal', async () => {
    const path = await folder.put('stop.csv.gz', gzipSync(`a\n${'word\n'.repeat(100_000)}`));
    const controller = new AbortController();
    const read = async () => {
      for await (const _ of readRows([{ path, format: 'csv' }], { signal: controller.signal }))
        controller.abort('stop');
    };
    await expect(read()).rejects.toBe('stop');
  });
});

describe('packed output', () => {
  const fieldNames = ['status'];

  it.each<DataFormat>(['csv', 'tsv', 'jsonl', 'json'])('is what it would be, packed (%s)', async (format) => {
    const rows = await rowsOfText(`a\n${Array.from({ length: 5_000 }, (_, i) => `word ${i}\n`).join('')}`, 'csv');
    for (const path of [folder.path(`out.${format}`), folder.path(`out.${format}.gz`)]) {
      const writer = await openWriter({ path, format, columns: ['a'], fieldNames });
      for (const row of rows) await writer.write(row, { status: 'ok' });
      await writer.end();
    }
    const packed = await readFile(folder.path(`out.${format}.gz`));
    const plain = await readFile(folder.path(`out.${format}`));
    expect(gunzipSync(packed).equals(plain)).toBe(true);
    expect(packed.length).toBeLessThan(plain.length / 2);
  });

  it('appears under its name at the end, and what was there stays until then', async () => {
    const path = await folder.put('late.csv.gz', 'old');
    const open = () => openWriter({ path, format: 'csv', columns: ['a'], fieldNames });
    const aborted = await open();
    await aborted.flush();
    await aborted.abort();
    expect(await readFile(path, 'utf8')).toBe('old');
    const writer = await open();
    await writer.flush();
    expect(await readFile(path, 'utf8')).toBe('old');
    await writer.end();
    expect(gunzipSync(await readFile(path)).toString()).toBe('a,chorale_status\n');
    expect((await readdir(folder.path(''))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('fails with what the file below it says', async () => {
    const failing = { write: () => Promise.reject(new Error('full')), finish: async () => {}, discard: async () => {} };
    await expect(gzipSink(failing).finish()).rejects.toThrow('full');
  });

  it('holds any text, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), async (texts) => {
        const written: Uint8Array[] = [];
        const sink = gzipSink({
          async write(chunk) {
            written.push(Buffer.from(chunk));
          },
          async finish() {},
          async discard() {},
        });
        for (const text of texts) await sink.write(text);
        await sink.finish();
        expect(gunzipSync(Buffer.concat(written)).toString()).toBe(Buffer.from(texts.join('')).toString());
      }),
    );
  });
});
