import type {
  Fingerprint,
  InputScan,
  JsonObject,
  ReviewRunStatus,
  RunInput,
  RunProgress,
} from '../../analysis/run-store.js';
import { runOfAnother } from '../../analysis/store-errors.js';
import type { ProcessIdentity } from '../../foundation/process-identity.js';
import { type Database, prepareAll, type SqlRow, type Statements } from '../libsql/open-database.js';
import { outcomeStatuses, parse } from './outcome-cells.js';

/** The columns of a run that its header is made of. */
const header = `runs.*, fingerprints.hash, fingerprints.parts
  FROM runs JOIN fingerprints ON fingerprints.seq = runs.fingerprint`;

const runSql = {
  addFingerprint: 'INSERT INTO fingerprints (hash, parts) VALUES (?, ?) ON CONFLICT DO NOTHING',
  fingerprint: 'SELECT seq FROM fingerprints WHERE hash = ?',
  same: `SELECT ${header} WHERE digest = ? AND command = ? AND hash = ? AND choice = ? ORDER BY runs.seq DESC LIMIT 1`,
  before: `SELECT ${header} WHERE command = ? AND names = ? ORDER BY runs.seq DESC LIMIT 1`,
  add: `INSERT INTO runs (id, command, fingerprint, digest, choice, names, scan, configuration, status, started_at,
      session, owner, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
  resume: `UPDATE runs SET status = 'running', ended_at = NULL, names = ?, scan = coalesce(?, scan), configuration = ?,
      session = ?, owner = ?, heartbeat = ?, answered = NULL, failed = NULL, skipped = NULL WHERE seq = ?`,
  find: `SELECT ${header} WHERE id = ?`,
  startingWith: `SELECT ${header} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY runs.seq DESC`,
  list: `SELECT ${header} ORDER BY runs.seq DESC`,
  scan: 'SELECT scan FROM runs WHERE digest = ? AND scan IS NOT NULL ORDER BY seq DESC LIMIT 1',
  owned: 'SELECT 1 FROM runs WHERE seq = ? AND session = ?',
  beat: 'UPDATE runs SET heartbeat = ? WHERE seq = ? AND session = ?',
  end: `UPDATE runs SET status = ?, ended_at = ?, summary = ?, answered = ?, failed = ?, skipped = ?,
      session = NULL, owner = NULL, heartbeat = NULL WHERE seq = ? AND session = ?`,
  pause: `UPDATE runs SET summary = ?, answered = ?, failed = ?, skipped = ? WHERE seq = ? AND session = ?`,
  letGo: 'UPDATE runs SET session = NULL, owner = NULL, heartbeat = NULL WHERE seq = ? AND session = ?',
  tokens: `SELECT sum(json_extract(answer, '$[4]')) AS prompt, sum(json_extract(answer, '$[5]')) AS completion
    FROM outcomes WHERE run = ? AND answer IS NOT NULL AND json_extract(rest, '$[7]') = 0`,
  count: 'SELECT status, count(*) AS count FROM outcomes WHERE run = ? GROUP BY status',
} as const;

/** Who works on a run. */
export interface Owner extends ProcessIdentity {
  /** Since when it works on the run, in milliseconds since 1970. */
  readonly since: number;
}

/** Counts of outcomes. */
export interface Counts {
  readonly answered: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A run as its row holds it. */
export interface RunRow extends Counts {
  readonly seq: number;
  readonly id: string;
  readonly command: string;
  readonly fingerprint: Fingerprint;
  readonly input: RunInput;
  /** `interrupted` where its process has ended without recording an end. */
  readonly status: ReviewRunStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly owner: Owner | null;
  /** Whether its owner still works on it. */
  readonly isBusy: boolean;
  readonly configuration: JsonObject;
  readonly summary: JsonObject | null;
}

/** The table of runs. */
export class RunTable {
  readonly sql: Statements<typeof runSql>;

  /** @param isAlive whether an owner still works whose last heartbeat was at this time */
  constructor(
    database: Database,
    private readonly path: string,
    private readonly isAlive: (owner: Owner, heartbeat: number) => boolean,
  ) {
    this.sql = prepareAll(database, runSql);
  }

  count(seq: number): Counts {
    const rows = this.sql.count.all(seq);
    const of = (status: (typeof outcomeStatuses)[number]) =>
      Number(rows.find((row) => row.status === outcomeStatuses.indexOf(status))?.count ?? 0);
    return { answered: of('ok'), failed: of('failed'), skipped: of('skipped') };
  }

  /** @throws StoreError if the row is damaged */
  read(row: SqlRow): RunRow {
    const { path } = this;
    const seq = Number(row.seq);
    const { answered, failed, skipped } = row;
    const owner = parse<Owner | null>(row.owner, path);
    const isBusy = owner !== null && this.isAlive(owner, Number(row.heartbeat ?? 0));
    return {
      seq,
      id: String(row.id),
      command: String(row.command),
      fingerprint: { hash: String(row.hash), parts: parse(row.parts, path) },
      input: {
        names: parse(row.names, path),
        digest: typeof row.digest === 'string' ? row.digest : null,
        scan: parse(row.scan, path),
        choice: parse(row.choice, path),
      },
      status: row.status === 'running' && !isBusy ? 'interrupted' : (row.status as ReviewRunStatus),
      startedAt: Number(row.started_at),
      endedAt: typeof row.ended_at === 'number' ? row.ended_at : null,
      owner,
      isBusy,
      configuration: parse(row.configuration, path),
      summary: parse(row.summary, path),
      ...(answered === null
        ? this.count(seq)
        : { answered: Number(answered), failed: Number(failed), skipped: Number(skipped) }),
    };
  }
}

export function progressOf({ status, startedAt, answered, failed, skipped, summary }: RunRow): RunProgress {
  return { status, startedAt, answered, failed, skipped, summary };
}

/** @throws RunBusyError if its owner still works on it */
export function requireFree({ id, owner, isBusy }: RunRow): void {
  if (owner && isBusy) throw runOfAnother(id, { pid: owner.pid, hostName: owner.host, since: owner.since });
}

export function encodeScan(scan: InputScan | null): string | null {
  return scan === null ? null : JSON.stringify(scan);
}
