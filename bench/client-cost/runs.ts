import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MeasuredRun, measure } from './measured-run.js';

/** The work that is measured. */
export interface Task {
  readonly folder: string;
  /** CSV with the columns `id`, `text` and `label`. */
  readonly input: string;
  readonly rows: number;
  readonly rounds: number;
}

export interface Target {
  readonly host: string;
  readonly model: string;
  readonly workers: number;
  /** Completion with log-probabilities instead of a chat. */
  readonly isCompletion: boolean;
  readonly timeoutMs: number;
}

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
const script = fileURLToPath(new URL('script.mjs', import.meta.url));

/** Runs the command line over the reviews, in a folder without a store, and checks that every row is answered. */
export async function runChorale(
  { folder, input, rows }: Task,
  { host, model, workers, isCompletion, timeoutMs }: Target,
  round: number,
): Promise<MeasuredRun> {
  const out = join(folder, `chorale-${round}.csv`);
  const prompt = isCompletion ? ['--prompt', 'sentiment-completion'] : [];
  const store = join(folder, `runs-${round}.db`);
  const args = [
    ...['analyze', input, '--id', 'id', '--host', host, '--model', model, '--workers', String(workers), ...prompt],
    ...['--out', out, '--store', store],
  ];
  const run = await measure({ args: [bin, ...args], cwd: folder, timeoutMs });
  await requireRows(out, rows, /,ok,(?:positive|neutral|negative),/);
  return run;
}

/** Runs the script over the reviews. */
export async function runScript(
  { folder, input, rows }: Task,
  { host, model, workers, isCompletion, timeoutMs }: Target,
  round: number,
): Promise<MeasuredRun> {
  const out = join(folder, `script-${round}.csv`);
  const mode = isCompletion ? ['completion'] : [];
  const run = await measure({
    args: [script, input, out, host, model, String(workers), ...mode],
    cwd: folder,
    timeoutMs,
  });
  await requireRows(out, rows, /,(?:positive|neutral|negative),[\d.e-]*,\d+$/);
  return run;
}

async function requireRows(path: string, rows: number, answered: RegExp): Promise<void> {
  const [, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const count = lines.filter((line) => answered.test(line)).length;
  if (count !== rows) throw new Error(`${path} has ${count} answers, not ${rows}`);
}

/** The median of the runs, each quantity by itself. */
export function medianOf(runs: readonly MeasuredRun[]): MeasuredRun {
  const middle = (pick: (run: MeasuredRun) => number) => median(runs.map(pick));
  return {
    wallMs: middle(({ wallMs }) => wallMs),
    cpuMs: middle(({ cpuMs }) => cpuMs),
    peakMb: middle(({ peakMb }) => peakMb),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
