// Measures the structure of the source, its start-up, and on request the time of its tests.
//
//   node scripts/measure-structure.mjs [REVISION…] [--start-up] [--tests] [--ci]
//
// Without a revision it measures the working tree. Each revision gets a column. --start-up, --tests and --ci install a
// revision into a temporary folder first; --tests runs `npm test`, --ci runs `.ci/run`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const revisions = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const startUpRuns = 15;

function sourcesIn(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join(root, 'src', file), 'utf8') }));
}

function specifiersOf(text) {
  return [...text.matchAll(/(?:from|import\(|^import)\s*'(\.[^']+)'/gm)].map((match) => match[1]);
}

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** Names that the entry points of the package export, each once. */
function exportedNames(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const count = (entry) => {
    const file = join(root, entry.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts'));
    const text = readFileSync(file, 'utf8').replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
    return [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)]
      .flatMap((match) => match[1].split(','))
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/^.* as /, ''),
      )
      .filter(Boolean);
  };
  const entries = Object.entries(exports).filter(([, entry]) => typeof entry === 'object');
  return Object.fromEntries(
    entries.map(([path, entry]) => [path.replace('.', 'chorale'), new Set(count(entry.types)).size]),
  );
}

function structureOf(root) {
  const sources = sourcesIn(root);
  const lines = sources.map(({ text }) => text.split('\n').length - 1).sort((a, b) => a - b);
  const roomOf = (file) => (file.includes('/') ? file.split('/')[0] : null);
  const arrows = new Set();
  for (const { file, text } of sources) {
    for (const specifier of specifiersOf(text)) {
      const target = relative(join(root, 'src'), resolve(join(root, 'src', dirname(file)), specifier));
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from && to && from !== to) arrows.add(`${from} -> ${to}`);
    }
  }
  const small = sources.filter(({ file, text }) => text.split('\n').length - 1 < 25 && !/(^|\/)index\.ts$/.test(file));
  return {
    files: sources.length,
    lines: lines.reduce((sum, count) => sum + count, 0),
    'median lines of a file': quantile(lines, 0.5),
    '90th percentile': quantile(lines, 0.9),
    maximum: lines.at(-1),
    'files under 25 lines': small.length,
    rooms: new Set(sources.map(({ file }) => roomOf(file)).filter(Boolean)).size,
    'arrows between rooms': arrows.size,
    ...Object.fromEntries(Object.entries(exportedNames(root)).map(([entry, names]) => [`names of ${entry}`, names])),
  };
}

function medianTimeOf(command, args, cwd) {
  const times = Array.from({ length: startUpRuns }, () => {
    const start = performance.now();
    spawnSync(command, args, { cwd, stdio: 'ignore' });
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(startUpRuns / 2)];
}

/** Ratios to the time of an empty program, median of several runs. */
function startUpOf(root) {
  const store = mkdtempSync(join(tmpdir(), 'chorale-start-'));
  const bin = join(root, 'dist/cli/bin.js');
  const analysis = ['analyze', join(root, 'examples/reviews.csv'), '--provider', 'lexicon', '--quiet', '--fresh'];
  const empty = medianTimeOf('node', ['-e', '0'], root);
  const ratio = (args) => `${(medianTimeOf('node', [bin, ...args], store) / empty).toFixed(1)} ×`;
  const result = {
    'empty node': `${empty.toFixed(0)} ms`,
    'chorale --version': ratio(['--version']),
    'chorale --help': ratio(['--help']),
    'chorale analyze (12 rows)': ratio(analysis),
  };
  rmSync(store, { recursive: true });
  return result;
}

function minutesOf(command, args, cwd) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd, stdio: 'ignore' });
  return `${((performance.now() - start) / 1000).toFixed(0)} s${status === 0 ? '' : ` (exit code ${status})`}`;
}

function measure(root) {
  return {
    ...structureOf(root),
    ...(flags.includes('--start-up') ? startUpOf(root) : {}),
    ...(flags.includes('--tests') ? { 'npm test': minutesOf('npm', ['test'], root) } : {}),
    ...(flags.includes('--ci') ? { '.ci/run': minutesOf('bash', ['.ci/run'], root) } : {}),
  };
}

function measureRevision(revision) {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-revision-'));
  try {
    execFileSync('git', ['clone', '-q', '.', folder]);
    execFileSync('git', ['checkout', '-q', revision], { cwd: folder });
    if (flags.length > 0) execFileSync('npm', ['ci', '--silent'], { cwd: folder, stdio: 'ignore' });
    return measure(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const columns = revisions.length > 0 ? revisions.map((name) => [name, measureRevision(name)]) : [['now', measure('.')]];
const rows = [...new Set(columns.flatMap(([, values]) => Object.keys(values)))];
console.log(`| | ${columns.map(([name]) => name).join(' | ')} |\n|---|${'---:|'.repeat(columns.length)}`);
for (const row of rows) console.log(`| ${row} | ${columns.map(([, values]) => values[row] ?? '–').join(' | ')} |`);
