// A large grid: `npx tsx bench/experiment.ts [rows] [variants]`, after `npm run build`. With fewer than 100,000 rows or 8
// variants it tries itself, and writes nothing.

import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { reviewAt } from './experiment-rows.js';
import { isMissed, type Ratio, renderMachine, renderRatios, writeSection } from './report.js';

const rows = Number(process.argv[2] ?? 100_000);
const variants = Number(process.argv[3] ?? 8);
const memoryTargetMb = 300;
const statisticsTargetMs = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'chorale-bench-'));

interface Ended {
  readonly stdout: string;
  readonly wallMs: number;
  /** The most memory that the process had, looked up every 20 ms. */
  readonly peakMb: number;
}

/** Runs a program of Node to its end. */
function run(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    let peakMb = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024);
      } catch {
        // It has just ended.
      }
    }, 20);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ stdout, wallMs: performance.now() - startedAt, peakMb });
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}

async function writeRows(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('text,label\n');
  for (let index = 0; index < rows; index += 1) {
    const { text, label } = reviewAt(index);
    file.write(`"${text}",${label}\n`);
  }
  file.end();
  await finished(file);
}

/** The command with the lexicon: as many variants as prompts and temperatures make. */
function byCommand(data: string): Promise<Ended> {
  const prompts = ['sentiment', 'sentiment-json', 'sentiment-free', 'sentiment-completion'].slice(
    0,
    Math.max(1, variants / 2),
  );
  const temperatures = Array.from({ length: Math.ceil(variants / prompts.length) }, (_, index) => index / 10);
  return run([
    join(import.meta.dirname, '../dist/cli/bin.js'),
    'experiment',
    ...['--data', data, '--label', 'label', '--provider', 'lexicon', '--quiet', '--json'],
    ...prompts.flatMap((prompt) => ['--prompt', prompt]),
    ...['--option', `temperature=${temperatures.join(',')}`, '--store', join(folder, 'runs.db')],
  ]);
}

try {
  const data = join(folder, 'rows.csv');
  await writeRows(data);
  const command = await byCommand(data);
  const grid = await run([
    ...['--import', 'tsx', '--heap-growing-percent=50', join(import.meta.dirname, 'experiment-grid.ts')],
    ...[String(rows), String(variants)],
  ]);
  const scripted: { statisticsMs: number; askedMs: number; peakMb: number; pairs: number } = JSON.parse(grid.stdout);
  const done: number = JSON.parse(command.stdout).variants.length;
  const ratios: readonly Ratio[] = [
    { what: `memory of the command, ÷ ${memoryTargetMb} MB`, value: command.peakMb / memoryTargetMb, target: 1 },
    { what: `memory with scripted models, ÷ ${memoryTargetMb} MB`, value: scripted.peakMb / memoryTargetMb, target: 1 },
    { what: 'time of all statistics, ÷ 10 s', value: scripted.statisticsMs / statisticsTargetMs, target: 1 },
  ];
  const section = `## Experiments

\`npx tsx bench/experiment.ts\`, after \`npm run build\`. ${renderMachine()}

${renderRatios(ratios)}

- **The command**: ${done} variants of the lexicon × ${rows.toLocaleString('en')} rows, every answer recorded in a store, took
  ${(command.wallMs / 1_000).toFixed(1)} s and at most ${command.peakMb.toFixed(0)} MB.
- **Scripted models**, which answer immediately and with a confidence, ${variants} × ${rows.toLocaleString('en')} rows: the last
  metric of ${scripted.pairs} pairs was ready ${(scripted.statisticsMs / 1_000).toFixed(2)} s after the last answer (10,000 samples
  of the bootstrap for each pair); at most ${scripted.peakMb.toFixed(0)} MB.
`;
  process.stdout.write(`${section}\n`);
  if (rows >= 100_000 && variants >= 8) {
    await writeSection('experiment', section);
    process.exitCode = ratios.some(isMissed) ? 1 : 0;
  }
} finally {
  rmSync(folder, { recursive: true });
}
