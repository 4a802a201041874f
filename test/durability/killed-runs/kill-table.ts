import { isWriting, pageTable } from '../page-table.js';
import type { KillCounts } from '../store/killed/random-kills.js';
import type { Figures } from './disturbed-run.js';

/** A line of the table: how runs ended, how often, and what came of them together. */
export interface KillRow extends Omit<Figures, 'needed'> {
  readonly name: string;
  readonly ends: number;
  /** The most requests that the runs may send. */
  readonly bound: number;
}

/** The whole table is measured, and written; else as much as a run of all tests has time for. */
export const isWhole = isWriting;

/** Time for one test and for what comes before them, in milliseconds. */
export const timeouts = { test: isWhole ? 1_800_000 : 300_000, before: 300_000 };

/** A table of the page: its name in the markers around it, its head, and the order of its lines. */
interface Table {
  readonly marker: string;
  readonly head: string;
  readonly names: readonly string[];
}

/** The order of the lines. */
const names = ['SIGKILL', 'SIGTERM', 'SIGINT', 'disk full: store and output', 'disk full: output only'] as const;

export type KillName = (typeof names)[number];

const stepNames = [
  'durable map: items',
  'paused workflow: steps and items',
  'paused graph: nodes',
  'graph with subgraphs and branches: nodes and items',
] as const;

const runTable: Table = {
  marker: 'kills',
  head: headOf(['how it ended', 'ends', 'rows', 'requests', 'bound', 'lost rows', 'duplicated rows', 'output equal']),
  names,
};

const stepTable: Table = {
  marker: 'killed-steps',
  head: headOf(['what was killed', 'kills', 'runs', 'recorded', 'executions', 'lost', 'recorded ones run again']),
  names: stepNames,
};

/** Adds up runs that ended in the same way. */
export function sumOf(name: KillName, ends: number, bound: number, runs: readonly Figures[]): KillRow {
  const sum = (field: 'rows' | 'questions' | 'lost' | 'doubled') => runs.reduce((total, run) => total + run[field], 0);
  return {
    name,
    ends,
    bound,
    rows: sum('rows'),
    questions: sum('questions'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    equal: runs.every(({ equal }) => equal),
  };
}

export function writeRow({ name, ends, rows, questions, bound, lost, doubled, equal }: KillRow): Promise<void> {
  return writeLine(runTable, name, [ends, rows, questions, bound, lost, doubled, equal ? 'yes' : 'no']);
}

/** The kills of processes that run a workflow or a graph. */
export function writeKilledStepsRow(name: (typeof stepNames)[number], counts: KillCounts): Promise<void> {
  const { kills, runs, recorded, executed, lost, repeated } = counts;
  return writeLine(stepTable, name, [kills, runs, recorded, executed, lost, repeated]);
}

/** With `CHORALE_WRITE_DOCS=1` in the environment, puts a line into a table of docs/reliability.md, or renews it. */
async function writeLine({ marker, head, names }: Table, name: string, cells: readonly unknown[]): Promise<void> {
  if (!isWhole) return;
  const table = pageTable('reliability.md', marker);
  const lines = new Map((await table.readLines()).map((line) => [line.split(' | ')[0], line]));
  lines.set(`| ${name}`, renderLine([name, ...cells]));
  await table.write([head, ...names.flatMap((one) => lines.get(`| ${one}`) ?? [])].join('\n'));
}

function headOf(columns: readonly string[]): string {
  return `${renderLine(columns)}\n|${'---|'.repeat(columns.length)}`;
}

function renderLine(cells: readonly unknown[]): string {
  return `| ${cells.join(' | ')} |`;
}
