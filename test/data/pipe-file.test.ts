import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openWriter } from '../../src/data/open-writer.js';
import { readRows } from '../../src/data/read-rows.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
let made = 0;

function newPipe(): string {
  const path = folder.path(`pipe-${++made}.csv`);
  execFileSync('mkfifo', [path]);
  return path;
}

async function textsOf(path: string, signal?: AbortSignal): Promise<unknown[]> {
  const texts: unknown[] = [];
  for await (const { cells } of readRows([{ path, format: 'csv' }], { signal })) texts.push(...cells);
  return texts;
}

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  it('is written when somebody reads it', async () => {
    const path = newPipe();
    const opening = openWriter({ path, format: 'csv', columns: ['text'], fieldNames: [] });
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = await opening;
    await writer.end();
    const read = Buffer.alloc(100);
    expect(read.subarray(0, readSync(reader, read)).toString()).toBe('text\n');
    closeSync(reader);
  });

  it('that nobody reads is given up when the signal says so', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const target = { path: newPipe(), format: 'csv', columns: ['text'], fieldNames: [], signal: stop.signal } as const;
    const opening = openWriter(target);
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });

  it('is read to its end', async () => {
    const path = newPipe();
    const reading = textsOf(path);
    await writeFile(path, 'text\nGood\n');
    await expect(reading).resolves.toEqual(['Good']);
  });

  it('that nobody writes is given up when the signal says so, and holds no thread', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    // More than Node has threads for files.
    const readings = Array.from({ length: 6 }, () => textsOf(newPipe(), stop.signal));
    const ends = Promise.allSettled(readings);
    stop.abort(reason);
    for (const end of await ends) expect(end).toMatchObject({ reason });
    await expect(textsOf(newFile())).resolves.toEqual(['Good']);
  });
});

function newFile(): string {
  const path = folder.path('plain.csv');
  writeFileSync(path, 'text\nGood\n');
  return path;
}
