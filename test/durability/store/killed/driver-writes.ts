import { createRequire } from 'node:module';

/** A call with which the stores write: what it says to the database. */
export interface DriverWrite {
  readonly sql: string;
  readonly values: readonly unknown[];
}

export type Moment = 'before' | 'after';

/** What of the driver is watched. */
interface Driver {
  readonly prototype: {
    exec(sql: string): unknown;
    prepare(sql: string): { run: Call; all: Call };
  };
}

type Call = (values: readonly unknown[]) => unknown;

/**
 * Calls back around everything that this process writes, at the driver itself: the beginning and the commit of every
 * transaction, each statement in between, every migration, and the switch to WAL mode. Reading is left out.
 */
export function watchWrites(onWrite: (write: DriverWrite, moment: Moment) => void): void {
  const { prototype } = createRequire(import.meta.url)('libsql') as Driver;
  const { exec, prepare } = prototype;
  let writing = false;
  const around = <R>(write: DriverWrite, call: () => R): R => {
    onWrite(write, 'before');
    const result = call();
    onWrite(write, 'after');
    return result;
  };
  prototype.exec = function (sql) {
    const run = () => exec.call(this, sql);
    if (sql === 'BEGIN IMMEDIATE') writing = true;
    if (!writing) return run();
    if (sql === 'COMMIT' || sql === 'ROLLBACK') writing = false;
    return around({ sql, values: [] }, run);
  };
  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const { run, all } = statement;
    statement.run = (values) => around({ sql, values }, () => run.call(statement, values));
    if (/journal_mode = /.test(sql))
      statement.all = (values) => around({ sql, values }, () => all.call(statement, values));
    return statement;
  };
}
