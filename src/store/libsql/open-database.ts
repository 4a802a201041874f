import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../../analysis/store-errors.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { Patience, pauseMs, toStoreError } from './sqlite-errors.js';
import { createDatabaseFile, keepPrivate } from './store-file.js';

const require = createRequire(import.meta.url);

/**
 * The values of a cell. Nothing else may be bound: the driver ends the process on a boolean. A text with a NUL or an
 * unpaired surrogate is rejected: the driver would read another text than it wrote.
 */
export type SqlValue = string | number | null;

/** One row, by column. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. Its parameters are bound by position. */
export interface Statement {
  /** Runs it and gives the number of changed rows. */
  run(...values: readonly SqlValue[]): number;
  /** The first row, if any; the driver adds `_metadata` to it. */
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): SqlRow[];
}

/** Prepared statements, by name. */
export type Statements<Sql> = Readonly<Record<keyof Sql, Statement>>;

/** One step from a schema to the next: SQL, or work that SQL cannot do; it runs within the transaction of all steps. */
export type Migration = string | ((database: Pick<Database, 'prepare'>) => void);

/** A database in a file, of which every failure is a `StoreError`. All calls but `write` are synchronous. */
export interface Database {
  readonly path: string;
  prepare(sql: string): Statement;
  /** Runs `work` in a write transaction: all of it is committed, or, when it throws, nothing. Not nested. */
  transaction<T>(work: () => T): T;
  /**
   * As `transaction`, but while another process writes, this one is not stopped: the promise resolves when its turn has
   * come. Writes take effect in the order of their calls.
   */
  write<T>(work: () => T): T | Promise<T>;
  /** Runs `work`, which only reads: it sees the database at one moment. Others may write meanwhile. Not nested. */
  snapshot<T>(work: () => T): T;
  /**
   * Brings the tables of one component up to date: the n-th of `migrations` leads from schema n - 1 to schema n, and the
   * number of those applied is kept in the table `schema_versions`. May be called again.
   * @throws StoreError when the file has more of them than this program knows
   */
  migrate(component: string, migrations: readonly Migration[]): void;
  /** May be called again. The file holds everything then, without the log beside it, unless another process reads it. */
  close(): void;
}

/** Options of `openDatabase`. */
export interface OpenDatabaseOptions {
  /** How long a call waits for another process that writes, in milliseconds. @default 5000 */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * Whether the driver itself may wait for another process, for at most 50 ms: quicker than to try again, but the
   * process stands still. @default true
   */
  readonly waits?: boolean | undefined;
  /** A number in shared memory: once it is not 0, no call waits for another process any longer. @default none */
  readonly halt?: Int32Array<SharedArrayBuffer> | undefined;
  /** Whether a file that is not there is made. @default true */
  readonly create?: boolean | undefined;
  /** Whether a file that is made here can give the room of what is removed back to the system. @default false */
  readonly givesBack?: boolean | undefined;
}

/**
 * Opens a libSQL file, or makes it, and brings the tables of one component up to date. Several components may live in one
 * file; others are added by `migrate`. A write survives the end of the process, however sudden (WAL, synchronous=NORMAL).
 *
 * @param path of the file; its folder must exist
 * @param migrations by schema version, in order; only ever appended to
 * @param component whose tables these are, as in `workflows`
 * @throws StoreError when the file or its folder is missing, damaged, locked, not writable, or of a newer schema
 */
export function openDatabase(
  path: string,
  migrations: readonly Migration[] = [],
  component = '',
  options: OpenDatabaseOptions = {},
): Database {
  const { create = true } = options;
  if (typeof path !== 'string' || path === '') throw new InvalidOptionError('path', 'the path of a file', path);
  refuseAddress(path);
  requirePlace(path, create);
  const { busyTimeoutMs = 5_000, waits = true, halt, givesBack = false } = options;
  const patience = new Patience(busyTimeoutMs, waits, halt);
  if (path !== memory) createDatabaseFile(path);
  const connection = connect(path, patience, givesBack);
  if (path !== memory) keepPrivate(path);
  const database = createDatabase(path, connection, patience);
  try {
    if (component !== '') database.migrate(component, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Prepares statements, by name. */
export function prepareAll<Sql extends Readonly<Record<string, string>>>(
  database: Database,
  sql: Sql,
): Statements<Sql> {
  return Object.fromEntries(
    Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
  ) as unknown as Statements<Sql>;
}

/** The path of a database that is in no file. */
const memory = ':memory:';

/** What of the driver is used. */
interface Connection {
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(values: readonly SqlValue[]): { readonly changes: number };
    get(values: readonly SqlValue[]): unknown;
    all(values: readonly SqlValue[]): unknown[];
  };
  close(): unknown;
}

function refuseAddress(path: string): void {
  if (!/^(?:libsql|https?|wss?):/i.test(path)) return;
  const problem =
    'a remote database is not supported: every write would stop this process for a journey over the network';
  throw new StoreError(path, problem, 'give the path of a file');
}

function requirePlace(path: string, create: boolean): void {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) {
    throw new StoreError(path, `the folder ${folder} does not exist`, 'make it, or choose another path');
  }
  if (!create && !existsSync(path)) throw new StoreError(path, 'there is no such file', 'give the path of another one');
  if (existsSync(path) && !statSync(path).isFile()) {
    throw new StoreError(path, 'this is not a file', 'give the path of a file');
  }
}

function connect(path: string, patience: Patience, givesBack: boolean): Connection {
  let connection: Connection | undefined;
  try {
    const Libsql = require('libsql') as new (path: string, options: { timeout: number }) => Connection;
    const opened = new Libsql(path, { timeout: patience.driverMs });
    connection = opened;
    const run = (sql: string) => patience.call(() => opened.prepare(sql).all([]));
    // Switching takes an exclusive lock, which a file that is in WAL mode already must not pay for.
    const [mode] = run('PRAGMA journal_mode') as SqlRow[];
    // Can be chosen only where nothing has been written yet.
    if (mode?.journal_mode !== 'wal' && givesBack) patience.call(() => opened.exec('PRAGMA auto_vacuum = INCREMENTAL'));
    // Two who make a file at once meet here.
    if (mode?.journal_mode !== 'wal') run('PRAGMA journal_mode = WAL');
    patience.call(() => opened.exec('PRAGMA synchronous = NORMAL'));
    return opened;
  } catch (error) {
    connection?.close();
    throw toStoreError(path, error);
  }
}

function createDatabase(path: string, connection: Connection, patience: Patience): Database {
  let open = true;
  /** Calls once, whoever else writes. */
  const once = <T>(call: () => T): T => {
    if (!open) throw new StoreError(path, 'the store has been closed', 'open it again');
    try {
      return call();
    } catch (error) {
      throw toStoreError(path, error);
    }
  };
  const guarded = <T>(call: () => T): T => once(() => patience.call(call));
  const fitting = (values: readonly SqlValue[]) => {
    if (!values.some(isAltered)) return values;
    const problem = 'an id, a name or a key has a NUL or an unpaired surrogate, which the file cannot hold';
    throw new StoreError(path, problem, 'leave such characters out of it; values may have them');
  };
  const prepare = (sql: string): Statement => {
    const statement = guarded(() => connection.prepare(sql));
    return {
      run: (...values) => guarded(() => statement.run(fitting(values)).changes),
      get: (...values) => guarded(() => statement.get(fitting(values)) as SqlRow | undefined),
      all: (...values) => guarded(() => statement.all(fitting(values)) as SqlRow[]),
    };
  };
  const complete = <T>(work: () => T): T => {
    try {
      const result = work();
      guarded(() => connection.exec('COMMIT'));
      return result;
    } catch (error) {
      if (connection.inTransaction) guarded(() => connection.exec('ROLLBACK'));
      throw error;
    }
  };
  const within = <T>(opening: string, work: () => T): T => {
    guarded(() => connection.exec(opening));
    return complete(work);
  };
  const beginWrite = 'BEGIN IMMEDIATE';
  const transaction = <T>(work: () => T) => within(beginWrite, work);
  /** Whether a write transaction has begun. @param until when a busy file is an error; @default never */
  const hasBegun = (until?: number) => once(() => patience.isFree(() => connection.exec(beginWrite), until));
  /** The last of the writes that wait for another process. */
  let waiting: Promise<unknown> | undefined;
  const writeInTurn = async <T>(before: Promise<unknown> | undefined, work: () => T): Promise<T> => {
    await before?.catch(() => {});
    const until = performance.now() + patience.busyTimeoutMs;
    // Between the beginning and the end of a transaction nothing else may use the connection: no `await`.
    while (!hasBegun(until)) await pause(pauseMs);
    return complete(work);
  };
  const write = <T>(work: () => T): T | Promise<T> => {
    if (!waiting && hasBegun()) return complete(work);
    const written = writeInTurn(waiting, work);
    waiting = written;
    const end = () => {
      if (waiting === written) waiting = undefined;
    };
    written.then(end, end);
    return written;
  };
  return {
    path,
    prepare,
    transaction,
    write,
    snapshot: (work) => within('BEGIN', work),
    migrate: (component, migrations) =>
      transaction(() => {
        guarded(() => connection.exec(versionsTable));
        const found = prepare('SELECT version FROM schema_versions WHERE component = ?').get(component);
        const version = Number(found?.version ?? 0);
        if (version > migrations.length) {
          const known = `this version of chorale knows ${migrations.length}`;
          const problem = `the tables of '${component}' have schema ${version}, and ${known}`;
          throw new StoreError(path, problem, 'use the newer version that wrote them, or another file');
        }
        for (const step of migrations.slice(version)) {
          if (typeof step === 'string') guarded(() => connection.exec(step));
          else step({ prepare });
        }
        prepare('INSERT OR REPLACE INTO schema_versions (component, version) VALUES (?, ?)').run(
          component,
          migrations.length,
        );
      }),
    close() {
      if (!open) return;
      open = false;
      settle(connection);
      connection.close();
    },
  };
}

const versionsTable =
  'CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL)';

/** Brings what is in the log into the file, as far as that needs no waiting: the driver leaves it where it is. */
function settle(connection: Connection): void {
  try {
    connection.prepare('PRAGMA wal_checkpoint(PASSIVE)').all([]);
  } catch {
    // What is in the log is durable there, too.
  }
}

/** Whether the driver would read it as another text: it ends a text at a NUL, and replaces half a surrogate pair. */
function isAltered(value: SqlValue): boolean {
  return typeof value === 'string' && (value.includes('\0') || /\p{Surrogate}/u.test(value));
}
