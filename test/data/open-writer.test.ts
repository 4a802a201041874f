import { spawn } from 'node:child_process';
import { closeSync, existsSync, lstatSync, openSync, writeSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ColumnError, describeWriteFailure, OutputError, StdoutClosedError } from '../../src/data/data-errors.js';
import type { DataFormat } from '../../src/data/data-format.js';
import { openWriter } from '../../src/data/open-writer.js';
import type { ResultFields, WriterTarget } from '../../src/data/result-text.js';
import type { Row } from '../../src/data/row.js';
import { rowsOfText } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
const fieldNames = ['index', 'status', 'rationale', 'confidence'];
const fields: ResultFields = { index: 0, status: 'ok', rationale: null, confidence: 0.5 };

async function written(target: Omit<WriterTarget, 'path'>, rows: readonly Row[], given = fields): Promise<string> {
  const path = folder.path(`written.${target.format}`);
  const writer = await openWriter({ ...target, path });
  for (const row of rows) await writer.write(row, given);
  await writer.end();
  return readFile(path, 'utf8');
}

async function failureOf(work: () => Promise<unknown> | unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing failed');
}

describe('results as CSV and TSV', () => {
  it('are the columns of the input as they came, then the fields with their prefix', async () => {
    const text = ',a,,a\n1,"x, ""y""","two\nlines",\n=1+1,-2,@x,\t3\n';
    const rows = await rowsOfText(text, 'csv');
    expect(await written({ format: 'csv', columns: rows[0]?.columns ?? [], fieldNames }, rows)).toBe(
      ',a,,a,chorale_index,chorale_status,chorale_rationale,chorale_confidence\n' +
        '1,"x, ""y""","two\nlines",,0,ok,,0.5\n' +
        '=1+1,-2,@x,\t3,0,ok,,0.5\n',
    );
  });

  it('are separated by tabs in TSV', async () => {
    const rows = await rowsOfText('a\tb\n1,5\t"2\t3"\n', 'tsv');
    expect(await written({ format: 'tsv', columns: ['a', 'b'], fieldNames: ['status'] }, rows)).toBe(
      'a\tb\tchorale_status\n1,5\t"2\t3"\tok\n',
    );
  });

  it('are a header alone where no row came', async () => {
    expect(await written({ format: 'csv', columns: ['a'], fieldNames: ['status'] }, [])).toBe('a,chorale_status\n');
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', `"'\rx"`],
    ['a=1', 'a=1'],
    [-1, '-1'],
    [true, 'true'],
    [null, ''],
    ['', ''],
    ['\nx', '"\nx"'],
    [['=1', 'a,b'], '"[""=1"",""a,b""]"'],
    [[{ aspect: '+1', score: 2 }], '"[{""aspect"":""+1"",""score"":2}]"'],
    [[], '[]'],
  ])('make the added cell %j safe for spreadsheets: %j', async (value, cell) => {
    const rows = await rowsOfText('a\n1\n', 'csv');
    const text = await written({ format: 'csv', columns: ['a'], fieldNames: ['rationale'] }, rows, {
      rationale: value,
    });
    expect(text).toBe(`a,chorale_rationale\n1,${cell}\n`);
  });

  it('take the cells of objects by name: nothing where a key is missing, JSON for lists and objects', async () => {
    const rows = await rowsOfText(
      '{"b":"x","a":1}\n{"a":null,"c":[1,"y"]}\nbroken\n{"b":{"d":true},"c":false}\n',
      'jsonl',
    );
    expect(await written({ format: 'csv', columns: ['b', 'a', 'c'], fieldNames: ['status'] }, rows)).toBe(
      'b,a,c,chorale_status\nx,1,,ok\n,,"[1,""y""]",ok\n,,,ok\n"{""d"":true}",,false,ok\n',
    );
  });

  it('are refused where the input has such a column', async () => {
    const columns = ['text', 'chorale_status'];
    const path = folder.path('taken.csv');
    const failure = await failureOf(() => openWriter({ path, format: 'csv', columns, fieldNames }));
    expect(failure).toBeInstanceOf(ColumnError);
    expect(failure.message).toBe(
      'the input already has the column chorale_status; write .jsonl, or remove it from the input; the columns are: text, chorale_status',
    );
    expect(existsSync(path)).toBe(false);
  });
});

describe('results as JSON', () => {
  it('are one object a line with the fields in order and the row as it came', async () => {
    const rows = await rowsOfText('a,a\n"1\n2",x\n', 'csv');
    expect(await written({ format: 'jsonl', columns: ['a', 'a'], fieldNames }, rows)).toBe(
      '{"index":0,"status":"ok","rationale":null,"confidence":0.5,"input":{"a":"1\\n2","a_2":"x"}}\n',
    );
  });

  it('hold the line that could not be read', async () => {
    const rows = await rowsOfText('not json', 'jsonl');
    expect(await written({ format: 'jsonl', columns: [], fieldNames: ['status'] }, rows)).toBe(
      '{"status":"ok","input":"not json"}\n',
    );
  });

  it('keep a column __proto__', async () => {
    const rows = await rowsOfText('{"__proto__":{"x":1}}', 'jsonl');
    expect(await written({ format: 'jsonl', columns: [], fieldNames: [] }, rows)).toBe(
      '{"input":{"__proto__":{"x":1}}}\n',
    );
  });

  it('are an array with one object a line', async () => {
    const rows = await rowsOfText('a\n1\n2\n', 'csv');
    const text = await written({ format: 'json', columns: ['a'], fieldNames: ['status'] }, rows);
    expect(text).toBe('[\n{"status":"ok","input":{"a":"1"}},\n{"status":"ok","input":{"a":"2"}}\n]\n');
    expect(JSON.parse(await written({ format: 'json', columns: ['a'], fieldNames }, []))).toEqual([]);
  });
});

describe('an output file', () => {
  const target = { columns: ['a'], fieldNames: ['status'] };

  it.each<DataFormat>(['csv', 'tsv', 'jsonl'])('holds whole lines while rows come (%s)', async (format) => {
    const path = await folder.put(`live.${format}`, 'old content');
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, path, format });
    await writer.write(row, fields);
    await sleep(20);
    const first = await readFile(path, 'utf8');
    expect(first).toMatch(/ok.*\n$/);
    expect(first).not.toContain('old content');
    await writer.write(row, fields);
    await writer.flush();
    expect((await readFile(path, 'utf8')).length).toBeGreaterThan(first.length);
    await writer.abort();
    expect((await readFile(path, 'utf8')).match(/ok/g)).toHaveLength(2);
  });

  it('holds every row in order, however many there are', async () => {
    const rows = await rowsOfText(`a\n${Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join('')}`, 'csv');
    const text = await written({ ...target, format: 'csv' }, rows);
    expect(text).toBe(`a,chorale_status\n${rows.map((row) => `${row.index},ok\n`).join('')}`);
  });

  it('appears under its name at the end where it is .json, and replaces what was there', async () => {
    const path = await folder.put('late.json', 'old');
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, path, format: 'json' });
    await writer.write(row, fields);
    await writer.flush();
    expect(await readFile(path, 'utf8')).toBe('old');
    await writer.end();
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual([{ status: 'ok', input: { a: '1' } }]);
    expect(await temporaryFiles()).toEqual([]);
  });

  it('leaves nothing behind where .json is aborted, and what was there stays', async () => {
    const path = await folder.put('aborted.json', 'old');
    const writer = await openWriter({ ...target, path, format: 'json' });
    await writer.flush();
    expect(await temporaryFiles()).toEqual([expect.stringMatching(/^\.aborted\.json\.[0-9a-f]{16}\.tmp$/)]);
    await writer.abort();
    expect(await temporaryFiles()).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it.each(['csv', 'tsv', 'jsonl', 'json'] as const)(
    'keeps what was there until there is a row (%s)',
    async (format) => {
      const path = await folder.put(`kept.${format}`, 'old');
      const fresh = folder.path(`fresh.${format}`);
      for (const written of [path, fresh]) {
        const writer = await openWriter({ ...target, path: written, format });
        await writer.flush();
        await writer.abort();
      }
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(existsSync(fresh)).toBe(false);
    },
  );

  it('is replaced where a run of no rows ends', async () => {
    const path = await folder.put('norows.csv', 'old');
    await (await openWriter({ ...target, path, format: 'csv' })).end();
    expect(await readFile(path, 'utf8')).toBe('a,chorale_status\n');
    const lines = await folder.put('norows.jsonl', 'old');
    await (await openWriter({ ...target, path: lines, format: 'jsonl' })).end();
    expect(await readFile(lines, 'utf8')).toBe('');
  });

  it('follows no link that somebody put in the place of the temporary file', async ({ skip }) => {
    if (process.platform === 'win32') skip('links need rights on Windows');
    const victim = await folder.put('victim.txt', 'precious');
    for (let pid = process.pid - 5; pid < process.pid + 5; pid += 1) {
      await symlink('victim.txt', folder.path(`.trap.json.${pid}.tmp`));
    }
    const path = folder.path('trap.json');
    await (await openWriter({ ...target, path, format: 'json' })).end();
    expect(await readFile(victim, 'utf8')).toBe('precious');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('follows a link where .json is replaced', async () => {
    const path = await folder.put('linked.json', 'old');
    const link = folder.path('link.json');
    await symlink(path, link);
    const writer = await openWriter({ ...target, path: link, format: 'json' });
    await writer.end();
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual([]);
  });

  it('may be a device, which is never replaced', async ({ skip }) => {
    if (!existsSync('/dev/null')) skip('this system has no /dev/null');
    const writer = await openWriter({ ...target, path: '/dev/null', format: 'json' });
    await writer.end();
    await writeFile('/dev/null', 'x');
    expect(await readFile('/dev/null', 'utf8')).toBe('');
  });

  it('may be ended and aborted again, but takes no row after that', async () => {
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, path: folder.path('twice.csv'), format: 'csv' });
    await writer.end();
    await writer.end();
    await writer.abort();
    expect((await failureOf(() => writer.write(row, fields))).message).toContain('closed already');
  });

  const temporaryFiles = async () => (await readdir(folder.path(''))).filter((name) => name.endsWith('.tmp'));
});

describe('an output that cannot be written', () => {
  const target = { columns: ['a'], fieldNames: ['status'] };
  const formats: readonly DataFormat[] = ['csv', 'json'];

  it.each(formats)('is in a folder that does not exist (%s)', async (format) => {
    const path = folder.path(`no such folder/out.${format}`);
    const failure = await failureOf(() => openWriter({ ...target, path, format }));
    expect(failure).toBeInstanceOf(OutputError);
    expect(failure.message).toBe(
      `${path}: the folder does not exist; create it: mkdir -p '${folder.path('no such folder')}'`,
    );
  });

  it.each(formats)('is a folder (%s)', async (format) => {
    const path = folder.path(`folder.${format}`);
    await mkdir(path);
    const failure = await failureOf(() => openWriter({ ...target, path, format }));
    expect(failure).toBeInstanceOf(OutputError);
    expect(failure.message).toBe(`${path}: is a folder; name a file in it`);
  });

  it.each(formats)('is in a file (%s)', async (format) => {
    const path = `${await folder.put('file', '')}/out.${format}`;
    expect(await failureOf(() => openWriter({ ...target, path, format }))).toBeInstanceOf(OutputError);
  });

  it.each([
    ['EACCES', 'cannot be written: permission denied'],
    ['EROFS', 'cannot be written: the file system is read-only'],
    ['EMFILE', 'cannot be written (EMFILE)'],
    ['EDQUOT', 'cannot be written: your quota of the disk is used up; free some space, or write elsewhere'],
    ['EIO', 'cannot be written: the disk fails, or is gone (EIO); write elsewhere'],
  ])('is refused by the system (%s)', (code, problem) => {
    expect(describeWriteFailure(Object.assign(new Error(), { code }), '.')).toBe(problem);
  });

  it.for(formats)('may not be written (%s)', async (format, { skip }) => {
    if (process.platform === 'win32') skip('Windows has no permission bits');
    if (process.getuid?.() === 0) skip('root may write everything');
    await mkdir(folder.path(`locked-${format}`), 0o555);
    const path = folder.path(`locked-${format}/out.${format}`);
    const failure = await failureOf(() => openWriter({ ...target, path, format }));
    expect(failure.message).toBe(`${path}: cannot be written: permission denied`);
  });

  it.for(formats)('is on a disk that is full (%s)', async (format, { skip }) => {
    if (!existsSync('/dev/full')) skip('this system has no /dev/full');
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, path: '/dev/full', format });
    await writer.write(row, fields);
    const failure = await failureOf(() => writer.flush());
    expect(failure).toBeInstanceOf(OutputError);
    expect(failure.message).toBe('/dev/full: cannot be written: the disk is full; free some space, or write elsewhere');
    expect(await failureOf(() => writer.write(row, fields))).toBe(failure);
    expect(await failureOf(() => writer.end())).toBe(failure);
    await writer.abort();
  });
});

describe.skipIf(process.platform === 'win32')('a descriptor', () => {
  const target = { format: 'jsonl', columns: ['a'], fieldNames: ['status'] } as const;

  it('is written where it stands, and stays open', async () => {
    const path = await folder.put('descriptor.jsonl', '');
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, 'before\n');
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, path: `/dev/fd/${descriptor}` });
    await writer.write(row, fields);
    await writer.end();
    writeSync(descriptor, 'after\n');
    closeSync(descriptor);
    expect(await readFile(path, 'utf8')).toBe('before\n{"status":"ok","input":{"a":"1"}}\nafter\n');
  });

  it('that is not open is an error that says so', async () => {
    const opening = openWriter({ ...target, path: '/dev/fd/987' });
    await expect(opening).rejects.toThrow(
      '/dev/fd/987: cannot be written: the shell opened no such descriptor (EBADF)',
    );
  });
});

describe('stdout', () => {
  const target = { path: '-', columns: ['a'], fieldNames: ['status'] };

  it('gets the results and stays open', async () => {
    const chunks: string[] = [];
    const stdout = new Writable({
      write(chunk, _, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    const [row] = await rowsOfText('a\n1\n', 'csv');
    if (!row) throw new Error('no row');
    const writer = await openWriter({ ...target, format: 'jsonl', stdout });
    await writer.write(row, fields);
    await writer.end();
    expect(chunks.join('')).toBe('{"status":"ok","input":{"a":"1"}}\n');
    expect(stdout.writableEnded).toBe(false);
  });

  it.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('is closed where its reader went away (%s)', async (code) => {
    const stdout = new Writable({
      write(_, __, done) {
        done(Object.assign(new Error(`write ${code}`), { code }));
      },
    });
    const writer = await openWriter({ ...target, format: 'csv', stdout });
    expect(await failureOf(() => writer.end())).toBeInstanceOf(StdoutClosedError);
    expect(await failureOf(() => writer.flush())).toBeInstanceOf(StdoutClosedError);
    await writer.abort();
  });

  it('fails as a file does for any other reason', async () => {
    const stdout = new Writable({
      write(_, __, done) {
        done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
      },
    });
    const writer = await openWriter({ ...target, format: 'csv', stdout });
    expect((await failureOf(() => writer.end())).message).toBe(
      '<stdout>: cannot be written: the disk is full; free some space, or write elsewhere',
    );
  });

  it('that a real reader closes ends neither in a crash nor in silence', async () => {
    const script = `
      import { openWriter } from './src/data/open-writer.ts';
      const row = { index: 0, place: { path: 'x' }, columns: ['a'], cells: ['1'], problem: null, source: null };
      const main = async () => {
        const writer = await openWriter({ path: '-', format: 'csv', columns: ['a'], fieldNames: ['x'], stdout: process.stdout });
        try {
          for (;;) await writer.write(row, { x: 'word '.repeat(100) });
        } catch (error) {
          console.error(error.name);
        }
      };
      main();`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, errors]).toEqual([0, 'StdoutClosedError\n']);
  }, 20_000);
});

describe('a process that is killed', () => {
  it('leaves whole lines', async ({ skip }) => {
    if (process.platform === 'win32') skip('signals work differently on Windows');
    const path = folder.path('killed.csv');
    const script = `
      import { openWriter } from './src/data/open-writer.ts';
      const row = { index: 0, place: { path: 'x' }, columns: ['a'], cells: ['1'], problem: null, source: null };
      const main = async () => {
        const writer = await openWriter({ path: process.argv[1], format: 'csv', columns: ['a'], fieldNames: ['x'] });
        for (let i = 0; ; i += 1) {
          await writer.write(row, { x: 'word '.repeat(i % 50) });
          if (i === 2000) console.log('started');
        }
      };
      main();`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.once('data', () => child.kill('SIGKILL'));
    await new Promise((resolve) => child.on('close', resolve));
    const text = await readFile(path, 'utf8');
    expect(text.length).toBeGreaterThan(10_000);
    expect(text.endsWith('\n')).toBe(true);
  }, 20_000);
});
