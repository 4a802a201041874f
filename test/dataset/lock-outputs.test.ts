import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { lockOutputs, openWriter } from '../../src/dataset/index.js';
import { OutputError } from '../../src/errors/index.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
const since = '2026-01-02T03:04:05.678Z';
/** The number of a process that has ended. */
const ended = spawnSync(process.execPath, ['-e', '0']).pid;

const lockOf = (name: string) => folder.path(`.${name}.lock`);
const put = (name: string, lock: object | string) =>
  folder.put(`.${name}.lock`, typeof lock === 'string' ? lock : JSON.stringify(lock));

describe('the lock of an output', () => {
  it('says who writes it, and goes when it is released', async () => {
    const locks = await lockOutputs([folder.path('a.csv'), folder.path('b.jsonl')]);
    const lock = JSON.parse(readFileSync(lockOf('a.csv'), 'utf8'));
    expect(lock).toMatchObject({ pid: process.pid, host: hostname() });
    expect(Date.parse(lock.since)).toBeLessThanOrEqual(Date.now());
    expect(existsSync(lockOf('b.jsonl'))).toBe(true);
    locks.release();
    locks.release();
    expect([existsSync(lockOf('a.csv')), existsSync(lockOf('b.jsonl'))]).toEqual([false, false]);
    expect(existsSync(folder.path('a.csv'))).toBe(false);
  });

  it('keeps out everybody else, who then hold nothing', async () => {
    const path = folder.path('taken.csv');
    const locks = await lockOutputs([path]);
    const refused = lockOutputs([folder.path('free.csv'), path]);
    await expect(refused).rejects.toBeInstanceOf(OutputError);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `taken\\.csv: is being written by process ${process.pid} on ${hostname()} since \\S+Z; wait for it, or`,
      ),
    );
    expect(existsSync(lockOf('free.csv'))).toBe(false);
    expect(existsSync(lockOf('taken.csv'))).toBe(true);
    locks.release();
    (await lockOutputs([path])).release();
  });

  it('is the same for links to the same file, whether it is there or not', async ({ skip }) => {
    if (process.platform === 'win32') skip('links need rights on Windows');
    await mkdir(folder.path('linked'));
    await symlink('linked', folder.path('also'));
    await symlink('linked/x.csv', folder.path('link.csv'));
    for (const _ of ['missing', 'there']) {
      const locks = await lockOutputs([folder.path('linked/x.csv')]);
      for (const other of ['also/x.csv', 'link.csv']) {
        await expect(lockOutputs([folder.path(other)])).rejects.toThrow('is being written');
      }
      locks.release();
      await folder.put('linked/x.csv', 'x');
    }
  });

  it.for<readonly [string, object | string]>([
    ['of a process that has ended', { pid: ended, host: hostname(), started: '1', since }],
    ['of another process with our number', { pid: process.pid, host: hostname(), started: '1', since }],
    ['that says nothing', ''],
    ['that is none', '[]'],
  ])('%s is taken over', async ([name, lock], { skip }) => {
    if (process.platform !== 'linux' && name.includes('our number')) skip('this system does not tell when one started');
    await put('left.csv', lock);
    const locks = await lockOutputs([folder.path('left.csv')]);
    expect(JSON.parse(readFileSync(lockOf('left.csv'), 'utf8')).since).not.toBe(since);
    locks.release();
    expect((await readdir(folder.path(''))).filter((name) => name.includes('left.csv'))).toEqual([]);
  });

  it('of another host is never taken over: its process may be alive', async () => {
    await put('far.csv', { pid: ended, host: 'gpu-box', started: '1', since });
    await expect(lockOutputs([folder.path('far.csv')])).rejects.toThrow(
      `far.csv: is being written by process ${ended} on gpu-box since ${since}; wait for it, or write another file ` +
        `(if that process is gone, remove ${lockOf('far.csv')})`,
    );
  });

  it('that somebody else has now is not removed', async () => {
    const locks = await lockOutputs([folder.path('stolen.csv')]);
    await put('stolen.csv', 'theirs');
    locks.release();
    expect(readFileSync(lockOf('stolen.csv'), 'utf8')).toBe('theirs');
  });

  it('is not needed for stdout, a device, a folder, and a folder that is not there', async () => {
    await mkdir(folder.path('folder'));
    const locks = await lockOutputs(['-', '/dev/null', folder.path('folder'), folder.path('nowhere/x.csv')]);
    locks.release();
    expect(existsSync('/dev/.null.lock') || existsSync(lockOf('folder'))).toBe(false);
  });

  it('is not there where the folder may not be written', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no permission bits');
    if (process.getuid?.() === 0) skip('root may write everywhere');
    await mkdir(folder.path('read-only'));
    await chmod(folder.path('read-only'), 0o500);
    (await lockOutputs([folder.path('read-only/x.csv')])).release();
  });

  it('goes when the process exits in the middle', () => {
    const script = `
      import { lockOutputs } from './src/dataset/index.ts';
      lockOutputs([process.argv[1]]).then(() => process.exit(7));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script, folder.path('exit.csv')];
    expect(spawnSync(process.execPath, args).status).toBe(7);
    expect(existsSync(lockOf('exit.csv'))).toBe(false);
  });
});

describe('what a killed process left behind', () => {
  it('goes when the same output is opened again; what others write stays', async () => {
    const path = folder.path('out.json');
    const alive = process.ppid;
    for (const name of ['.out.json', '.out.json.gz', '.other.json']) await folder.put(`${name}.${ended}.tmp`, 'half');
    await folder.put(`.out.json.${alive}.tmp`, 'half');
    const writer = await openWriter({ path, format: 'json', columns: [], fieldNames: [] });
    await writer.end();
    const left = (await readdir(folder.path(''))).filter((name) => name.endsWith('.tmp')).sort();
    expect(left).toEqual([`.other.json.${ended}.tmp`, `.out.json.${alive}.tmp`, `.out.json.gz.${ended}.tmp`].sort());
  });
});
