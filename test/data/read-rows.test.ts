import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeReadFailure } from '../../src/data/data-errors.js';
import { type DataFormat, formatOf } from '../../src/data/data-format.js';
import { canReread } from '../../src/data/read-bytes.js';
import { readRows } from '../../src/data/read-rows.js';
import { scanRows } from '../../src/data/scan-rows.js';
import { cut, problemOf, rowsOf, rowsOfText, sourceOf } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
const csv = (path: string) => ({ path, format: 'csv' as const });

/** How often this process has a file open; null where the system does not tell. */
async function openCount(path: string): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const links = await readdir('/proc/self/fd');
  const targets = await Promise.all(links.map((link) => readlink(join('/proc/self/fd', link)).catch(() => '')));
  return targets.filter((target) => target === path).length;
}

describe('the format of a path', () => {
  it.each([
    ['a.csv', 'csv'],
    ['A.CSV', 'csv'],
    ['a.b.tsv', 'tsv'],
    ['x/a.jsonl', 'jsonl'],
    ['a.ndjson', 'jsonl'],
    ['a.Json', 'json'],
    ['a.txt', null],
    ['csv', null],
    ['a.csv.bak', null],
    ['constructor', null],
    ['a.parquet', 'parquet'],
    ['A.PARQUET.GZ', 'parquet'],
    ['a.parquet.bak', null],
    ['-', null],
  ])('%s is %s', (path, format) => {
    expect(formatOf(path)).toBe(format);
  });
});

describe('reading several sources', () => {
  it('counts rows over all of them, with the place in each', async () => {
    const a = await folder.put('a.csv', 'id,text\n1,x\n');
    const b = await folder.put('b.tsv', '\ufeffid\ttext\r\n2\ty\r\n3\tz\r\n');
    const rows = await rowsOf([csv(a), { path: b, format: 'tsv' }]);
    expect(rows.map((row) => [row.index, row.place.path, row.place.line, row.cells])).toEqual([
      [0, a, 2, ['1', 'x']],
      [1, b, 2, ['2', 'y']],
      [2, b, 3, ['3', 'z']],
    ]);
    expect(rows[2]?.columns).toBe(rows[0]?.columns);
  });

  it('mixes tables and objects', async () => {
    const a = await folder.put('mix.csv', 'id,text\n1,x\n');
    const rows = await rowsOf([csv(a), sourceOf([Buffer.from('{"text":"y"}')], 'jsonl')]);
    expect(rows.map((row) => [row.index, row.columns])).toEqual([
      [0, ['id', 'text']],
      [1, ['text']],
    ]);
  });

  it.each([
    ['id,stars\n', "the columns differ from those of FIRST: 'text' is missing, 'stars' is new"],
    ['text,id\n', 'the columns differ from those of FIRST: the same columns in another order'],
    ['id,text,text\n', "the columns differ from those of FIRST: 'text' is new"],
    ['id\n', "the columns differ from those of FIRST: 'text' is missing"],
    ['id,"a\nb"\n', "the columns differ from those of FIRST: 'text' is missing, 'a\\nb' is new"],
    ['1,2,3,4,5,6,7,8\n', "'id', 'text' are missing, '1', '2', '3', '4', '5' and 3 more are new"],
  ])('refuses a table with other columns, naming both and the difference: %j', async (header, problem) => {
    const first = await folder.put('first.csv', 'id,text\n1,x\n');
    const second = await folder.put('second.csv', `\n${header}`);
    const reading = rowsOf([csv(first), csv(second)]);
    await expect(reading).rejects.toThrow(problem.replace('FIRST', first));
    await expect(reading).rejects.toMatchObject({ name: 'InputError', place: { path: second, line: 2 } });
  });

  it('tells the header once, also where no row follows', async () => {
    const a = await folder.put('none.csv', 'id,text\n');
    const headers: (readonly string[])[] = [];
    await rowsOf([csv(a), csv(a)], { onHeader: (columns) => headers.push(columns) });
    expect(headers).toEqual([['id', 'text']]);
  });
});

describe('a source that cannot be read', () => {
  it('does not exist', async () => {
    const path = folder.path('missing.csv');
    await expect(rowsOf([csv(path)])).rejects.toMatchObject({
      name: 'InputError',
      code: 'CHORALE_INPUT',
      message: `${path}: there is no such file`,
    });
  });

  it('is a folder', async () => {
    const path = folder.path('folder.csv');
    await mkdir(path);
    await expect(rowsOf([csv(path)])).rejects.toThrow(`${path}: is a folder; name the files in it`);
  });

  it('may not be read', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no permission bits');
    if (process.getuid?.() === 0) skip('root may read everything');
    const path = await folder.put('secret.csv', 'a\n1\n');
    await chmod(path, 0);
    await expect(rowsOf([csv(path)])).rejects.toThrow(`${path}: cannot be read: permission denied`);
  });

  it.each([
    ['EACCES', 'cannot be read: permission denied'],
    ['ENOTDIR', 'there is no such file'],
    ['EIO', 'cannot be read (EIO)'],
  ])('is refused by the system (%s)', (code, problem) => {
    expect(describeReadFailure(Object.assign(new Error(), { code }))).toBe(problem);
  });

  it('is a stream that fails', async () => {
    const stream = new Readable({
      read() {
        this.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
      },
    });
    await expect(rowsOf([{ path: '-', format: 'csv', stream }])).rejects.toThrow('<stdin>: cannot be read (EIO)');
  });

  it.each<DataFormat>(['csv', 'tsv', 'jsonl', 'json'])('is empty (%s)', async (format) => {
    for (const text of ['', '\ufeff', ' \r\n\n']) expect(await problemOf(text, format)).toBe('<stdin>: is empty');
    await expect(rowsOf([{ path: await folder.put('empty', ''), format }])).rejects.toThrow('is empty');
  });

  it.each<DataFormat>(['csv', 'tsv', 'jsonl', 'json'])('is in another encoding (%s)', async (format) => {
    const text = '[{"text":"très"}]';
    expect(await problemOf(Buffer.from(text, 'latin1'), format)).toContain('<stdin>:1: byte 0xE8 is not UTF-8');
    expect(await problemOf(Buffer.from(text, 'utf16le'), format)).toContain('<stdin>:1: is UTF-16LE');
  });
});

describe('chunks', () => {
  const samples: readonly [DataFormat, string][] = [
    ['csv', '\ufeffid,"te""xt"\r\n\r\n1,"a\r\n""é"""\r\n2,5" 😀\r\n3\r\n4,"x"y\r\n\r\n,"€"'],
    ['csv', 'a,b\r1,2\r\r3,"4\r5"\r6,7\r'],
    ['tsv', 'a\tb\n1\t"2\t\n3"\n4\t5\n'],
    ['jsonl', '\ufeff{"a":"é"}\r\n\r\nnope 😀\n{"b":[1,2]}\n\n[]'],
    ['json', ' [ {"a": "é\\u00e9\\ud83d\\ude00"},\r\n 12.5e3,\n{"b":[true,null]} ]\n'],
  ];

  it.each(samples)('may end anywhere: %s %j', async (format, text) => {
    const bytes = Buffer.from(text);
    const whole = await rowsOfText(bytes, format);
    expect(whole.length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), async (positions) => {
        expect(await rowsOf([sourceOf(cut(bytes, positions), format)])).toEqual(whole);
      }),
    );
    const each = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await rowsOf([sourceOf(each, format)])).toEqual(whole);
  });

  it('are read one after the other, as rows are taken', async () => {
    let delivered = 0;
    const endless = (function* () {
      yield Buffer.from('a\n');
      for (;;) {
        delivered += 1;
        yield Buffer.from('1\n2\n3\n');
      }
    })();
    let rows = 0;
    for await (const _ of readRows([sourceOf(endless, 'csv')])) {
      rows += 1;
      if (rows === 30) break;
    }
    expect(delivered).toBeLessThan(15);
  });
});

describe('stopping', () => {
  const many = `a,b\n${'1,some text\n'.repeat(50_000)}`;

  it('closes the file after an early return', async () => {
    const path = await folder.put('return.csv', many);
    for await (const _ of readRows([csv(path)])) {
      expect([1, null]).toContain(await openCount(path));
      break;
    }
    expect([0, null]).toContain(await openCount(path));
  });

  it('closes the file after an error', async () => {
    const path = await folder.put('error.csv', `${many}1,"`);
    await expect(rowsOf([csv(path)])).rejects.toThrow(`${path}:50002: a quote opens here`);
    expect([0, null]).toContain(await openCount(path));
  });

  it('throws the reason of the signal before the next row, and closes the file', async () => {
    const path = await folder.put('abort.csv', many);
    const controller = new AbortController();
    const reason = new Error('enough');
    let rows = 0;
    const read = async () => {
      for await (const _ of readRows([csv(path)], { signal: controller.signal })) {
        rows += 1;
        if (rows === 3) controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(rows).toBe(3);
    expect([0, null]).toContain(await openCount(path));
  });

  it('opens nothing where the signal was aborted before', async () => {
    const signal = AbortSignal.abort('no');
    await expect(rowsOf([csv(folder.path('missing.csv'))], { signal })).rejects.toBe('no');
  });

  it('does not wait for a stream that says nothing, and destroys it', async () => {
    const stream = new Readable({ read() {} });
    const controller = new AbortController();
    const reading = rowsOf([{ path: '-', format: 'csv', stream }], { signal: controller.signal });
    await sleep(5);
    controller.abort('stop');
    await expect(reading).rejects.toBe('stop');
    expect(stream.destroyed).toBe(true);
  });

  it('destroys the stream after an early return', async () => {
    const stream = new Readable({ read() {} });
    stream.push('a\n1\n2\n3\n');
    for await (const _ of readRows([{ path: '-', format: 'csv', stream }])) break;
    expect(stream.destroyed).toBe(true);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      },
    });
    await rowsOf([csv(await folder.put('listeners.csv', many))], { signal });
    expect(listeners).toBe(0);
  });
});

describe('scanning', () => {
  it('counts the rows and answers the header as it stands', async () => {
    const path = await folder.put('scan.csv', ',a,,a\n1,2,3,4\nragged\n');
    expect(await scanRows([csv(path), csv(path)])).toMatchObject({ rows: 4, columns: ['', 'a', '', 'a'] });
  });

  it('answers the columns of a table without rows', async () => {
    expect(await scanRows([sourceOf([Buffer.from('a,b')], 'csv')])).toMatchObject({ rows: 0, columns: ['a', 'b'] });
  });

  it('collects the keys of objects in the order of first appearance', async () => {
    const text = '{"b":1,"a":1}\n{"c":1,"a":2}\nbroken\n{"a":1,"d":2}';
    expect(await scanRows([sourceOf([Buffer.from(text)], 'jsonl')])).toMatchObject({
      rows: 4,
      columns: ['b', 'a', 'c', 'd'],
    });
  });

  it('finds what is wrong anywhere in the file', async () => {
    const path = await folder.put('late.csv', `a,b\n${'1,2\n'.repeat(40_000)}3,"x\n`);
    await expect(scanRows([csv(path)])).rejects.toThrow(
      `${path}:40002: a quote opens here and is not closed; inside a quoted cell a quote is written twice`,
    );
  });

  it('stops at the signal', async () => {
    const path = await folder.put('stop.csv', 'a\n1\n');
    await expect(scanRows([csv(path)], { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });
});

describe('reading again', () => {
  it('is possible for a file, not for stdin, a device, a folder or nothing', async () => {
    expect(await canReread(csv(await folder.put('again.csv', 'a\n')))).toBe(true);
    expect(await canReread(csv('-'))).toBe(false);
    expect(await canReread(csv('/dev/null'))).toBe(false);
    expect(await canReread(csv(folder.path('')))).toBe(false);
    expect(await canReread(csv(folder.path('nothing.csv')))).toBe(false);
  });

  it('is not possible for a named pipe, which can be read once', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no named pipes in folders');
    const path = folder.path('pipe.csv');
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path]);
    expect(await canReread(csv(path))).toBe(false);
    const [rows] = await Promise.all([rowsOf([csv(path)]), writeFile(path, 'a\n1\n2\n')]);
    expect(rows.map((row) => row.cells)).toEqual([['1'], ['2']]);
  });
});
