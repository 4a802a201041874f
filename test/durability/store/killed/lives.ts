import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { type Database, openDatabase } from '../../../../src/store/libsql/open-database.js';
import type { DriverWrite, Moment } from './driver-writes.js';

/** Where a process is killed: around its n-th write; `soon`: by this process, which learns of the write. */
export interface Point {
  readonly write: number;
  readonly moment: Moment | 'soon';
}

/** What runs in the process. */
export type KilledKind = 'graph' | 'workflow' | 'map' | 'paused-workflow' | 'paused-graph' | 'nested-graph';

/** What a process prints that is to be killed from outside. */
export const killMe = '!kill!';

/** The files of one run: its database, and beside it the log. */
export class Lives {
  constructor(
    private readonly program: string,
    private readonly kind: KilledKind,
    readonly path: string,
  ) {}

  get log(): string {
    return `${this.path}.log`;
  }

  /** Lets a process run, or go on with it; what it wrote is known only when nobody killed it. */
  async next(point: Point = { write: 0, moment: 'before' }) {
    const args = [this.program, this.kind, this.path, this.log, String(point.write), point.moment];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes(killMe)) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('close', (_, killed) => resolve(killed)),
    );
    const said = Buffer.concat(chunks).toString();
    return { signal, writes: signal !== null || said === '' ? [] : (JSON.parse(said) as DriverWrite[]) };
  }

  /** The same as it is now, as another run. */
  copyTo(path: string): Lives {
    for (const end of ['', '-wal', '.log']) {
      if (existsSync(this.path + end)) copyFileSync(this.path + end, path + end);
    }
    return new Lives(this.program, this.kind, path);
  }

  /** What ran, what the engine told of as done, and which answers were used where, in order. */
  ledger(): Readonly<Record<'ran' | 'told' | 'used', readonly string[]>> {
    const lines = existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n') : [];
    const after = (word: string) =>
      lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
    return { ran: after('ran '), told: after('told '), used: after('used ') };
  }

  /** Reads the database without the stores. Nothing is there before the tables are. */
  read<R>(table: string, use: (database: Database) => R, nothing: R): R {
    const database = openDatabase(this.path);
    try {
      const found = database.prepare('SELECT name FROM sqlite_schema WHERE name = ?').get(table);
      return found ? use(database) : nothing;
    } finally {
      database.close();
    }
  }

  isWhole(): boolean {
    const database = openDatabase(this.path);
    const { integrity_check: answer } = database.prepare('PRAGMA integrity_check').get() ?? {};
    database.close();
    return answer === 'ok';
  }
}

/** Every point at which a process that writes so may be killed: before each write, and after each that is lasting. */
export function pointsOf(writes: readonly DriverWrite[]): Point[] {
  const lasting = new Set(transactionsOf(writes).map(({ end }) => end));
  return writes.flatMap((_, index) => {
    const write = index + 1;
    const before: Point = { write, moment: 'before' };
    return lasting.has(write) ? [before, { write, moment: 'after' }] : [before];
  });
}

/** What has been committed by then. */
export function committedBy(writes: readonly DriverWrite[], { write, moment }: Point): DriverWrite[] {
  return transactionsOf(writes)
    .filter(({ end }) => end < write || (end === write && moment === 'after'))
    .flatMap((transaction) => transaction.writes);
}

/** A write outside of a transaction is one of its own. */
function transactionsOf(writes: readonly DriverWrite[]) {
  const transactions: { readonly writes: readonly DriverWrite[]; readonly end: number }[] = [];
  let open: DriverWrite[] | undefined;
  for (const [index, write] of writes.entries()) {
    if (write.sql === 'BEGIN IMMEDIATE') open = [];
    else if (write.sql === 'COMMIT') {
      transactions.push({ writes: open ?? [], end: index + 1 });
      open = undefined;
    } else if (open) open.push(write);
    else transactions.push({ writes: [write], end: index + 1 });
  }
  return transactions;
}
