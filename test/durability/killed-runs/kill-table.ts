import { readFile, writeFile } from 'node:fs/promises';
import type { Figures } from './disturbed-run.js';

/** A line of the table: how runs ended, how often, and what came of them together. */
export interface KillRow extends Omit<Figures, 'needed'> {
  readonly name: string;
  readonly ends: number;
  /** The most requests that the runs may send. */
  readonly bound: number;
}

/** The whole table is measured, and written; else as much as a run of all tests has time for. */
export const isWhole = process.env.CHORALE_WRITE_DOCS === '1';

/** Time for one test and for what comes before them, in milliseconds. */
export const timeouts = { test: isWhole ? 1_800_000 : 300_000, before: 300_000 };

const page = new URL('../../../docs/reliability.md', import.meta.url);
const begin = '<!-- kills -->';
const end = '<!-- /kills -->';
const head =
  '| how it ended | ends | rows | requests | bound | lost rows | duplicated rows | output equal |\n|---|---|---|---|---|---|---|---|';

/** The order of the lines. */
const names = ['SIGKILL', 'SIGTERM', 'SIGINT', 'disk full: store and output', 'disk full: output only'] as const;

export type KillName = (typeof names)[number];

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

/** With `CHORALE_WRITE_DOCS=1` in the environment, puts a line into the table of docs/reliability.md, or renews it. */
export async function writeRow(row: KillRow): Promise<void> {
  if (!isWhole) return;
  const text = await readFile(page, 'utf8');
  const [before = '', rest = ''] = text.split(begin);
  const [written = '', after = ''] = rest.split(end);
  const lines = new Map(written.split('\n').map((line) => [line.split(' | ')[0], line]));
  lines.set(`| ${row.name}`, renderRow(row));
  const table = [head, ...names.flatMap((name) => lines.get(`| ${name}`) ?? [])].join('\n');
  await writeFile(page, `${before}${begin}\n\n${table}\n\n${end}${after}`);
}

function renderRow({ name, ends, rows, questions, bound, lost, doubled, equal }: KillRow): string {
  return `| ${name} | ${ends} | ${rows} | ${questions} | ${bound} | ${lost} | ${doubled} | ${equal ? 'yes' : 'no'} |`;
}
