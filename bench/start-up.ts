/**
 * How long commands take in comparison with an empty Node process: `tsx bench/start-up.ts [RUNS]` (after a build).
 * The commands alternate, so that the load of the machine meets all of them alike. `promptfoo` is measured where it is
 * installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'dist/cli/bin.js');
const folder = mkdtempSync(join(tmpdir(), 'chorale-start-up-'));
const runs = Number(process.argv[2] ?? 20);

/** Each command, and the most that it may take, as a multiple of the first one. */
const commands: readonly (readonly [name: string, command: readonly string[], most?: number])[] = [
  ['node -e 0', [process.execPath, '-e', '0']],
  ['chorale --version', [process.execPath, bin, '--version'], 2.5],
  ['chorale --help', [process.execPath, bin, '--help'], 2.5],
  ['chorale analyze --help', [process.execPath, bin, 'analyze', '--help'], 2.5],
  [
    'chorale analyze examples/reviews.csv --provider lexicon',
    [process.execPath, bin, 'analyze', join(root, 'examples/reviews.csv'), '--provider', 'lexicon'],
    6,
  ],
  ['promptfoo --version', ['promptfoo', '--version']],
];

function timeOf([program = '', ...args]: readonly string[]): number {
  const startedAt = performance.now();
  const { status } = spawnSync(program, args, { cwd: folder, stdio: 'ignore' });
  return status === 0 ? performance.now() - startedAt : Number.NaN;
}

const times = commands.map((): number[] => []);
for (let run = 0; run < runs; run += 1) {
  for (const [index, [, command]] of commands.entries()) times[index]?.push(timeOf(command));
}
rmSync(folder, { recursive: true });

const sorted = times.map((all) => all.filter(Number.isFinite).sort((a, b) => a - b));
const least = sorted.map(([first]) => first);
const medians = sorted.map((all) => all[Math.floor(all.length / 2)]);
console.log('command | min ms | × node | median ms | × node | at most');
for (const [index, [name, [program], most]] of commands.entries()) {
  const cells = [least, medians].flatMap((values) => {
    const [ms, ofNode] = [values[index], values[0]];
    return ms === undefined || ofNode === undefined ? [] : [ms.toFixed(0), (ms / ofNode).toFixed(2)];
  });
  console.log(
    cells.length === 0
      ? `${name} | not measured: ${program} is not installed, or fails`
      : [name, ...cells, most ?? ''].join(' | '),
  );
}
