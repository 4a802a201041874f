import { mkdir, symlink } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expandInputs } from '../../src/data/expand-inputs.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();
/** Written with slashes on every system, as patterns are. */
const path = (name: string) => folder.path(name).replaceAll('\\', '/');
const expand = (...names: readonly string[]) => expandInputs(names.map((name) => (name === '-' ? name : path(name))));

beforeAll(async () => {
  await mkdir(folder.path('deep/er'), { recursive: true });
  await mkdir(folder.path('folder.csv'));
  const names = ['b.csv', 'a.csv', 'B.csv', 'ä.csv', 'a10.csv', 'a2.csv', 'a[1].csv', '.hidden.csv', '.b.csv.lock'];
  for (const name of [...names, 'x.jsonl.gz', 'deep/c.csv', 'deep/er/d.csv']) await folder.put(name, 'text\n');
});

describe('inputs', () => {
  it('are files as they are named, in the order in which they are', async () => {
    expect(await expand('b.csv', 'missing.csv', '-', 'a.csv')).toEqual([
      path('b.csv'),
      path('missing.csv'),
      '-',
      path('a.csv'),
    ]);
  });

  it('may be patterns: files only, none that are hidden, in the order of their code units', async () => {
    const found = ['B.csv', 'a.csv', 'a10.csv', 'a2.csv', 'a[1].csv', 'b.csv', 'ä.csv'];
    expect(await expand('*.csv')).toEqual(found.map(path));
    expect(await expand('**/*.csv')).toEqual([...found.slice(0, 6), 'deep/c.csv', 'deep/er/d.csv', 'ä.csv'].map(path));
  });

  it.each([
    ['a?.csv', ['a2.csv']],
    ['{b,x}.{csv,jsonl.gz}', ['b.csv', 'x.jsonl.gz']],
    ['[ab].csv', ['a.csv', 'b.csv']],
    ['a[[]1].csv', ['a[1].csv']],
    ['deep/**', ['deep/c.csv', 'deep/er/d.csv']],
  ])('know the pattern %s', async (pattern, files) => {
    expect(await expand(pattern)).toEqual(files.map(path));
  });

  it('are paths where they exist, whatever characters they have', async () => {
    expect(await expand('a[1].csv')).toEqual([path('a[1].csv')]);
  });

  it('that a pattern matches are read once, where they are named first', async () => {
    expect(await expand('b.csv', '[Bb].csv', 'deep/../b.csv', 'B.csv', '*B.csv')).toEqual(['b.csv', 'B.csv'].map(path));
  });

  it('that are named in full are read as often as that', async () => {
    expect(await expand('b.csv', 'a.csv', 'b.csv')).toEqual(['b.csv', 'a.csv', 'b.csv'].map(path));
  });

  it('are the same file under the name of a link', async ({ skip }) => {
    if (process.platform === 'win32') skip('links need rights on Windows');
    await symlink('../a.csv', folder.path('deep/link.tsv'));
    expect(await expand('a.csv', 'deep/*.tsv')).toEqual([path('a.csv')]);
  });

  it('keep each -, which is refused elsewhere', async () => {
    expect(await expand('-', '-')).toEqual(['-', '-']);
  });

  it('that match nothing are told', async () => {
    await expect(expand('b.csv', 'nothing*.csv')).rejects.toMatchObject({
      name: 'InputError',
      message: `${path('nothing*.csv')}: there is no such file, and no file that matches it as a pattern`,
    });
  });
});
