import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunStore } from '../../../src/analysis/run-store.js';
import { openRunArchive } from '../../../src/store/runs/run-archive.js';
import { openStore, temporaryFolder } from './open-store.js';
import { newRun, recordRows } from './outcomes.js';

let folder: string;
let path: string;
let store: RunStore;
const undo: (() => unknown)[] = [];
const onNotice = vi.fn();

beforeEach(async () => {
  const temporary = temporaryFolder();
  undo.push(temporary.remove);
  folder = join(temporary.folder, '.chorale');
  mkdirSync(folder);
  path = join(folder, 'runs.db');
  onNotice.mockClear();
  store = await openStore(path, { onNotice });
  undo.push(() => store.close());
  await store.begin(newRun('1'));
  await recordRows(store, 40);
  await store.flush();
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function recorded(place = path): number {
  const archive = openRunArchive(place);
  try {
    return archive.list().reduce((sum, { answered }) => sum + answered, 0);
  } finally {
    archive.close();
  }
}

describe.skipIf(process.platform === 'win32')('a store that is removed while a run writes it', () => {
  test.each([
    ['its file', () => rmSync(path)],
    ['its folder', () => rmSync(dirname(path), { recursive: true })],
    ['its files', () => execFileSync('find', [folder, '-type', 'f', '-delete'])],
  ])('is made again with everything recorded so far, and that is said once (%s)', async (_, remove) => {
    remove();
    await recordRows(store, 80);
    await store.flush();
    expect(recorded()).toBe(80);
    await recordRows(store, 100);
    await store.end('done', {});
    expect(onNotice.mock.calls).toEqual([
      [`${path} was removed while the run wrote it; it was made again, with everything recorded so far`],
    ]);
    await store.close();
    expect(recorded()).toBe(100);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('in the last moment is made again too', async () => {
    rmSync(path);
    await store.end('done', {});
    await store.close();
    expect(recorded()).toBe(40);
    expect(onNotice).toHaveBeenCalledTimes(1);
  });

  test('and replaced ends the run; what was recorded is beside it, and the other file is as it was', async () => {
    renameSync(path, join(folder, 'elsewhere'));
    writeFileSync(path, 'another file');
    const work = recordRows(store, 80).then(() => store.flush());
    await expect(work).rejects.toThrow(
      /runs\.db: another file has taken its place while a run wrote it; what was recorded is in \S+runs\.db\.\w{8}\.saved: move it back, and run the same command again/,
    );
    await store.close();
    const saved = readdirSync(folder).find((name) => name.endsWith('.saved')) ?? '';
    // More were not taken after the first failure.
    expect(recorded(join(folder, saved))).toBe(64);
    expect(execFileSync('cat', [path]).toString()).toBe('another file');
  });
});

describe.skipIf(process.platform === 'win32')('the rights on a store', () => {
  const rights = () => readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);

  test('are those of its owner, whatever the umask is', async () => {
    expect(rights()).toEqual([0o600, 0o600, 0o600]);
    const before = process.umask(0);
    try {
      const other = await openStore(join(folder, 'other.db'));
      expect(rights()).toEqual([0o600, 0o600, 0o600, 0o600, 0o600, 0o600]);
      await other.close();
    } finally {
      process.umask(before);
    }
  });

  test('of an earlier version are taken away from all others', async () => {
    await store.close();
    chmodSync(path, 0o664);
    await (await openStore(path)).close();
    expect(rights()).toEqual([0o600]);
  });
});

describe('a store that can only be read', () => {
  test('is read through a copy, which is gone afterwards; it cannot be written, nor its runs removed', async ({
    skip,
  }) => {
    await store.close();
    const place = join(dirname(folder), 'read-only');
    mkdirSync(place);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place], { stdio: 'ignore' });
    } catch {
      skip('this process may not mount a tmpfs');
    }
    undo.push(() => execFileSync('umount', ['--lazy', place]));
    const there = join(place, 'runs.db');
    renameSync(path, join(folder, 'original'));
    execFileSync('cp', [join(folder, 'original'), there]);
    execFileSync('mount', ['-o', 'remount,ro', place]);
    expect(recorded(there)).toBe(40);
    expect(readdirSync(place)).toEqual(['runs.db']);
    await expect(openStore(there)).rejects.toThrow(
      `${there}: the file cannot be written; make the file and its folder writable`,
    );
    expect(() => openRunArchive(there, { removes: true })).toThrow('cannot be written');
  });
});
