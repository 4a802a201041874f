import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/analysis/store-errors.js';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { toStoreError } from '../../../src/store/libsql/sqlite-errors.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-database-'));
afterAll(() => rmSync(folder, { recursive: true }));

const table = 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)';

function fileOf(name: string): string {
  return join(folder, `${name}.db`);
}

function failureOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('openDatabase', () => {
  test('makes the file, and keeps what is written', () => {
    const path = fileOf('kept');
    const first = openDatabase(path, [table], 'notes');
    const insert = first.prepare('INSERT INTO notes (text) VALUES (?)');
    expect([insert.run('one'), insert.run(null)]).toEqual([1, 1]);
    expect(first.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    expect(first.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 1 });
    first.close();
    first.close();
    const second = openDatabase(path, [table], 'notes');
    expect(second.prepare('SELECT text FROM notes ORDER BY id').all()).toEqual([{ text: 'one' }, { text: null }]);
    expect(second.prepare('SELECT text FROM notes WHERE id = ?').get(9)).toBeUndefined();
    second.close();
  });

  test('applies the migrations that are missing, each component for itself', () => {
    const path = fileOf('migrated');
    openDatabase(path, [table], 'notes').close();
    const database = openDatabase(path, [table, 'ALTER TABLE notes ADD COLUMN colour TEXT'], 'notes');
    database.migrate('tags', ['CREATE TABLE tags (name TEXT); CREATE INDEX tags_name ON tags (name)']);
    database.migrate('tags', ['CREATE TABLE tags (name TEXT); CREATE INDEX tags_name ON tags (name)']);
    expect(database.prepare('SELECT component, version FROM schema_versions ORDER BY component').all()).toMatchObject([
      { component: 'notes', version: 2 },
      { component: 'tags', version: 1 },
    ]);
    database.close();
  });

  test('takes a migration that fails back as a whole', () => {
    const path = fileOf('half');
    const migrations = [table, 'CREATE TABLE more (id); CREATE NONSENSE'];
    expect(() => openDatabase(path, migrations, 'notes')).toThrow(
      /half\.db: .*NONSENSE.*; this is what the database says/,
    );
    const database = openDatabase(path, [table], 'notes');
    expect(database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'more'").get()).toMatchObject({
      n: 0,
    });
    database.close();
  });

  test('refuses a newer schema', () => {
    const path = fileOf('newer');
    openDatabase(path, [table, 'SELECT 1'], 'notes').close();
    expect(failureOf(() => openDatabase(path, [table], 'notes'))).toMatchObject({
      code: 'CHORALE_STORE',
      path,
      problem: "the tables of 'notes' have schema 2, and this version of chorale knows 1",
      remedy: 'use the newer version that wrote them, or another file',
    });
  });

  test('says what is wrong with the file', () => {
    const damaged = fileOf('damaged');
    writeFileSync(damaged, 'no database at all '.repeat(300));
    const messages = [damaged, join(folder, 'none', 'x.db'), folder, 'libsql://somewhere.example'].map((path) =>
      String(failureOf(() => openDatabase(path))),
    );
    expect(messages).toEqual([
      `StoreError: ${damaged}: this is not a database, or it is damaged; move it away, restore a copy, or choose another path`,
      `StoreError: ${join(folder, 'none', 'x.db')}: the folder ${join(folder, 'none')} does not exist; make it, or choose another path`,
      `StoreError: ${folder}: this is not a file; give the path of a file`,
      'StoreError: libsql://somewhere.example: a remote database is not supported: every write would stop this process ' +
        'for a journey over the network; give the path of a file',
    ]);
    expect(() => openDatabase('')).toThrow(InvalidOptionError);
  });

  test('says that the file is locked, after the time that it waits', () => {
    const path = fileOf('locked');
    const first = openDatabase(path, [table], 'notes');
    const second = openDatabase(path, [], '', { busyTimeoutMs: 20 });
    const failure = first.transaction(() => failureOf(() => second.prepare("INSERT INTO notes VALUES (1, 'x')").run()));
    expect(String(failure)).toBe(
      `StoreError: ${path}: the database is locked by another process; end that process, or try again when it is done`,
    );
    expect(second.prepare("INSERT INTO notes VALUES (1, 'x')").run()).toBe(1);
    first.close();
    second.close();
  });

  test('names what cannot be written', () => {
    const error = (message: string, code: string) => Object.assign(new Error(message), { code });
    const messages = [
      error('attempt to write a readonly database', 'SQLITE_READONLY'),
      error('attempt to write a readonly database', 'SQLITE_READONLY_DBMOVED'),
      error('ConnectionFailed("Unable to open connection to local database x.db: 14")', ''),
      error('database or disk is full', 'SQLITE_FULL'),
      'odd',
    ].map((cause) => toStoreError('x.db', cause).problem);
    expect(messages).toEqual([
      'the file cannot be written',
      'the file cannot be written',
      'the file cannot be opened',
      'the disk is full',
      'odd',
    ]);
  });

  test('commits a transaction as a whole, or not at all', () => {
    const database = openDatabase(':memory:', [table], 'notes');
    const insert = database.prepare('INSERT INTO notes (text) VALUES (?)');
    const count = database.prepare('SELECT count(*) AS n FROM notes');
    expect(database.transaction(() => insert.run('one'))).toBe(1);
    const thrown = new Error('in between');
    const failure = failureOf(() =>
      database.transaction(() => {
        insert.run('two');
        throw thrown;
      }),
    );
    expect(failure).toBe(thrown);
    expect(database.snapshot(() => count.get())).toMatchObject({ n: 1 });
    database.close();
  });

  test('refuses a text that the driver would change', () => {
    const database = openDatabase(':memory:', [table], 'notes');
    const insert = database.prepare('INSERT INTO notes (text) VALUES (?)');
    for (const text of ['a\0b', '\0', '\ud83d', 'x\udc00y']) {
      expect(
        failureOf(() => insert.run(text)),
        JSON.stringify(text),
      ).toHaveProperty(
        'message',
        ':memory:: an id, a name or a key has a NUL or an unpaired surrogate, which the file cannot hold; ' +
          'leave such characters out of it; values may have them',
      );
    }
    const fine = ['', '🔑', '\ufeffx', 'e\u0301', JSON.stringify('a\0b\ud83d')];
    for (const text of fine) insert.run(text);
    expect(database.prepare('SELECT text FROM notes ORDER BY id').all()).toMatchObject(fine.map((text) => ({ text })));
    database.close();
  });

  test('fails by name once it is closed', () => {
    const database = openDatabase(':memory:', [table], 'notes');
    const insert = database.prepare('INSERT INTO notes (text) VALUES (?)');
    database.close();
    for (const call of [
      () => insert.run('late'),
      () => database.prepare('SELECT 1'),
      () => database.transaction(() => 1),
    ]) {
      expect(failureOf(call)).toBeInstanceOf(StoreError);
      expect(failureOf(call)).toHaveProperty('message', ':memory:: the store has been closed; open it again');
    }
  });

  test('lets several processes make, migrate and write one file at once', { timeout: 60_000 }, async () => {
    const path = fileOf('shared');
    const built = new URL('../../../dist/store/index.js', import.meta.url).href;
    const program = `
      import { libsqlStore } from ${JSON.stringify(built)};
      const { workflows, close } = libsqlStore({ path: ${JSON.stringify(path)} });
      const run = { workflow: 'w', shape: 's', input: null, idempotencyKey: null, createdAt: 1, leaseUntil: 2 };
      for (let n = 0; n < 50; n += 1) await workflows.create({ ...run, runId: process.pid + ' ' + n });
      close();`;
    const codes = await Promise.all([1, 2, 3, 4].map(() => runProgram(program)));
    expect(codes).toEqual([0, 0, 0, 0]);
    const database = openDatabase(path);
    expect(database.prepare('SELECT count(*) AS n FROM workflow_runs').get()).toMatchObject({ n: 200 });
    database.close();
  });
});

function runProgram(program: string): Promise<number | null> {
  const args = ['--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}
