import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, symlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutputError } from '../../src/data/data-errors.js';
import { lockOutputs } from '../../src/data/output-locks.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
const since = '2026-01-02T03:04:05.678Z';
/** The number of a process that has ended. */
const ended = spawnSync(process.execPath, ['-e', '0']).pid;

const lockOf = (name: string) => folder.path(`.${name}.lock`);
const put = (name: string, lock: object | string) =>
  folder.put(`.${name}.lock`, typeof lock === 'string' ? lock : JSON.stringify(lock));

const far = { pid: ended, host: 'gpu-box', place: 'gpu-box 1 pid:[1]', processStart: '1', since };

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

  // A lock that says nothing is given a second: the tests that wait for it do so side by side.
  it.concurrent.for<readonly [string, object | string]>([
    ['of a process that has ended', { pid: ended, host: hostname(), started: '1', since }],
    ['of another process with our number', { pid: process.pid, host: hostname(), started: '1', since }],
    ['that says nothing', ''],
    ['that is none', '[]'],
  ])('%s is taken over', async ([name, lock], { skip }) => {
    if (process.platform !== 'linux' && name.includes('our number')) skip('this system does not tell when one started');
    const left = `left ${name}.csv`;
    await put(left, lock);
    const locks = await lockOutputs([folder.path(left)]);
    expect(JSON.parse(readFileSync(lockOf(left), 'utf8')).since).not.toBe(since);
    locks.release();
    expect((await readdir(folder.path(''))).filter((file) => file.includes(left))).toEqual([]);
  });

  it.concurrent('is no link: what it points to is neither read as one nor touched', async ({ skip }) => {
    if (process.platform === 'win32') skip('links need rights on Windows');
    const victim = await folder.put('victim.txt', JSON.stringify(far));
    await symlink('victim.txt', lockOf('linked.csv'));
    (await lockOutputs([folder.path('linked.csv')])).release();
    expect(readFileSync(victim, 'utf8')).toBe(JSON.stringify(far));
  });

  const ago = (seconds: number) => new Date(Date.now() - 1_000 * seconds);

  it('of another machine is kept while it shows signs of life', async () => {
    await put('far.csv', far);
    await expect(lockOutputs([folder.path('far.csv')])).rejects.toThrow(
      `far.csv: is being written by process ${ended} on gpu-box since ${since}; wait for it, or write another file ` +
        `(if that process is gone, its lock ends after 30 s without a sign of life: ${lockOf('far.csv')})`,
    );
    expect(JSON.parse(readFileSync(lockOf('far.csv'), 'utf8'))).toEqual(far);
    expect((await readdir(folder.path(''))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.for<readonly [string, object, number]>([
    ['of another machine', far, 31],
    ['of another machine whose clock was ahead', far, -3_600],
    ['of a container that is gone, with our host name and pid', { ...far, pid: process.pid, host: hostname() }, 31],
    ['of another machine, written by an earlier version', { pid: 7, host: 'c0ffee', started: '4242', since }, 31],
  ])('%s is taken over once it has been silent', async ([, lock, silence]) => {
    const file = await put('silent.csv', lock);
    await utimes(file, ago(silence), ago(silence));
    (await lockOutputs([folder.path('silent.csv')])).release();
    expect(existsSync(file)).toBe(false);
  });

  describe('every few seconds', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
    afterEach(() => void vi.useRealTimers());

    it('shows a sign of life, until it is released', async () => {
      const locks = await lockOutputs([folder.path('beats.csv')]);
      const file = lockOf('beats.csv');
      const content = readFileSync(file, 'utf8');
      await utimes(file, ago(60), ago(60));
      vi.advanceTimersByTime(5_000);
      expect(statSync(file).mtimeMs).toBeGreaterThan(Number(ago(30)));
      expect(readFileSync(file, 'utf8')).toBe(content);
      locks.release();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is made again where somebody removed it', async () => {
      const locks = await lockOutputs([folder.path('removed.csv')]);
      rmSync(lockOf('removed.csv'));
      vi.advanceTimersByTime(5_000);
      expect(existsSync(lockOf('removed.csv'))).toBe(true);
      locks.release();
      expect(existsSync(lockOf('removed.csv'))).toBe(false);
    });

    it('tells its holder, once, that another process has taken it over', async () => {
      const onLoss = vi.fn();
      const locks = await lockOutputs([folder.path('taken-over.csv')], onLoss);
      rmSync(lockOf('taken-over.csv'));
      await put('taken-over.csv', far);
      vi.advanceTimersByTime(20_000);
      expect(onLoss.mock.calls.map(([error]) => String(error.message))).toEqual([
        `${folder.path('taken-over.csv')}: is now written by process ${ended} on gpu-box, which has taken it over`,
      ]);
      locks.release();
      expect(existsSync(lockOf('taken-over.csv'))).toBe(true);
    });
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
      import { lockOutputs } from './src/data/output-locks.ts';
      lockOutputs([process.argv[1]]).then(() => process.exit(7));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script, folder.path('exit.csv')];
    expect(spawnSync(process.execPath, args).status).toBe(7);
    expect(existsSync(lockOf('exit.csv'))).toBe(false);
  });
});

describe('what a killed process left behind', () => {
  it('goes when the same output is locked again; links, and what others write, stay', async ({ skip }) => {
    if (process.platform === 'win32') skip('links need rights on Windows');
    const victim = await folder.put('precious.txt', 'precious');
    const stale = '.out.json.0123456789abcdef.tmp';
    const others = ['.out.json.gz.0123456789abcdef.tmp', '.other.json.0123456789abcdef.tmp', '.out.json.notes.tmp'];
    for (const name of [stale, ...others]) await folder.put(name, 'half');
    await symlink('precious.txt', folder.path('.out.json.fedcba9876543210.tmp'));
    (await lockOutputs([folder.path('out.json')])).release();
    const left = (await readdir(folder.path(''))).filter((name) => name.endsWith('.tmp'));
    expect(left.sort()).toEqual([...others, '.out.json.fedcba9876543210.tmp'].sort());
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});
