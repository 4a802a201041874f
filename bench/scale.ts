/**
 * A data set of a million rows: rows per second, the memory of the whole process tree while it goes on, and the time that
 * a second run of the same takes.
 *
 *     npm run build && npx tsx bench/scale.ts [--rows 1000000]
 *
 * Prints its tables, writes them into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderMachine, renderTable, writeSection } from './report.js';
import { measureStoreCost, type StoreCost } from './scale/store-cost.js';
import { runAndWatch, type WatchedRun } from './scale/watched-run.js';
import { writeReviews } from './scale/write-reviews.js';

const targets = { rowsPerSecond: 12_000, peakMb: 300, resumeSeconds: 20, storeCost: 0.05 };

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(values.rows);
if (!(Number.isInteger(rows) && rows >= 10)) throw new RangeError('--rows takes a whole number of at least 10');

const progress = (text: string) => process.stderr.write(`${text}\n`);

/** A measured figure and what it is to be; without a target it is only told. */
interface Figure {
  readonly what: string;
  readonly value: string;
  readonly target?: string;
  readonly isMet?: boolean;
}

const folder = await mkdtemp(join(tmpdir(), 'chorale-scale-'));
try {
  const input = join(folder, 'reviews.csv');
  progress(`writing ${rows} rows`);
  const bytes = await writeReviews(input, rows);
  const command = (out: string) => [
    ...['analyze', input, '--provider', 'lexicon', '--text', 'text', '--id', 'id'],
    ...['--out', join(folder, out), '--json', '--quiet'],
    '--store',
    join(folder, 'runs.db'),
  ];
  progress('the first run');
  settleDisk();
  const first = await runAndWatch(command('first.csv'), { rows, cwd: folder, out: join(folder, 'first.csv') });
  progress('the same again');
  settleDisk();
  const again = await runAndWatch(command('again.csv'), { rows, cwd: folder, out: join(folder, 'again.csv') });
  progress('a server at 1,000 answers a second, with and without a store');
  const storeCost = await measureStoreCost(folder);
  await report(bytes, first, again, storeCost);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** What was written before is on the disk then, and does not slow down what is measured next. */
function settleDisk(): void {
  spawnSync('sync');
}

async function report(bytes: number, first: WatchedRun, again: WatchedRun, storeCost: StoreCost): Promise<void> {
  const rate = rows / first.seconds;
  const figures: Figure[] = [
    {
      what: 'rows per second',
      value: count(rate),
      target: `≥ ${count(targets.rowsPerSecond)}`,
      isMet: rate >= targets.rowsPerSecond,
    },
    {
      what: 'peak memory of the process tree, MB',
      value: first.peakMb.toFixed(0),
      target: `≤ ${targets.peakMb}`,
      isMet: first.peakMb <= targets.peakMb,
    },
    {
      what: 'the same command again (resumed), s',
      value: again.seconds.toFixed(1),
      target: `< ${targets.resumeSeconds}`,
      isMet: again.seconds < targets.resumeSeconds,
    },
    { what: 'peak memory of the resumed run, MB', value: again.peakMb.toFixed(0) },
    {
      what: 'slowdown by the store at 1,000 answers/s, %',
      value: `${(storeCost.share * 100).toFixed(1)} (${count(storeCost.with)} against ${count(storeCost.without)} items/s)`,
      target: `≤ ${targets.storeCost * 100}`,
      isMet: storeCost.share <= targets.storeCost,
    },
  ];
  const section = `## ${count(rows)} rows

\`npm run build && npx tsx bench/scale.ts\` · ${renderMachine()}

${renderTable(
  ['what', 'measured', 'target', ''],
  figures.map(({ what, value, target = '–', isMet }) => [what, value, target, verdict(isMet)]),
)}

Peak memory of the process tree in MB, for each tenth of the output:

${renderTable(
  ['', ...first.memoryMb.map((_, tenth) => `${(tenth + 1) * 10} %`)],
  [
    ['first run', ...first.memoryMb.map(inMb)],
    ['again', ...again.memoryMb.map(inMb)],
  ],
)}

- ${count(rows)} synthetic rows (${(bytes / 1e6).toFixed(0)} MB of CSV) through the command line with the lexicon and CSV
  output and a run store, from start to end. The first run reads the file twice, because it checks the file first.
- **memory**: resident set sizes of the process and all its children, every 100 ms, from \`/proc\`. For comparison: promptfoo
  reports 350 MB for 21,420 tests.
`;
  process.stdout.write(`${section}\n`);
  await writeSection('scale', section);
  process.exitCode = figures.some(({ isMet }) => isMet === false) ? 1 : 0;
}

function verdict(isMet: boolean | undefined): string {
  if (isMet === undefined) return '–';
  return isMet ? 'met' : '**missed**';
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function inMb(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}
