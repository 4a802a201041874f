import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The rooms, lowest first. A room imports itself and what is below it. */
const rooms: readonly string[] = [
  'foundation',
  'orchestration',
  'model',
  'data',
  'classify',
  'analysis',
  'store',
  'measure',
  'evaluate',
  'testing',
  'report',
  'cli',
];

/** Files that stand outside the folders: the façade sees everything but the command line. */
const facade = 'index.ts';

/** Files that may touch the world: the system, the network, the clock, the console. All others are pure. */
const edges: readonly string[] = [
  'classify/calibration/calibration.ts',
  'classify/prompt/prompt-file.ts',
  'data/expand-inputs.ts',
  'data/data-errors.ts',
  'data/file-identity.ts',
  'data/file-sinks.ts',
  'data/gzip.ts',
  'data/output-locks.ts',
  'data/parquet/pages.ts',
  'data/parquet/random-access.ts',
  'data/read-bytes.ts',
  'data/stream-sinks.ts',
  'data/temporary-files.ts',
  'foundation/abort.ts',
  'foundation/async-context.ts',
  'foundation/events/pino-observer.ts',
  'foundation/events/observers.ts',
  'foundation/runtime.ts',
  'foundation/package-root.ts',
  'foundation/process-identity.ts',
  'model/http/connections.ts',
  'model/lexicon/lexicon-thread.ts',
  'model/lexicon/scoring-thread.ts',
  'store/libsql/open-database.ts',
  'store/libsql/sqlite-errors.ts',
  'store/libsql/store-file.ts',
  'store/runs/read-only-copy.ts',
  'store/runs/run-store-thread.ts',
  'store/runs/thread-client.ts',
  'testing/manual-clock.ts',
];

/** Modules of Node that have no effect. */
const harmlessModules = ['node:crypto', 'node:events', 'node:path', 'node:assert', 'node:assert/strict'];

const effects =
  /(?<!conductor\.|\/)\b(?:console|process)\.|\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/;

const forbiddenFolders = /^(?:utils?|common|misc|helpers?|lib|shared|core|services?|managers?)$/;
const longestFile = 350;

const src = fileURLToPath(new URL('../src/', import.meta.url));

interface Source {
  readonly file: string;
  readonly lines: number;
  readonly code: string;
  /** Relative paths of the files that it imports, types included. */
  readonly imports: readonly string[];
  readonly modules: readonly string[];
}

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(sep).join('/'))
  .sort()
  .map(read);

function read(file: string): Source {
  const text = readFileSync(join(src, file), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const specifiers = [...code.matchAll(/(?:from|import\(|^import)\s*'([^']+)'/gm)].map((match) => match[1] ?? '');
  const imports = specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) =>
      relative(src, join(src, dirname(file), specifier))
        .split(sep)
        .join('/'),
    )
    .map((path) => path.replace(/\.js$/, '.ts'));
  const modules = specifiers.filter((specifier) => !specifier.startsWith('.'));
  return { file, lines: text.split('\n').length - 1, code, imports, modules };
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function heightOf(file: string): number {
  return rooms.indexOf(folderOf(file));
}

describe('the structure of src', () => {
  it('has twelve rooms', () => {
    expect(rooms).toHaveLength(12);
    expect(readdirSync(src).sort()).toEqual([...rooms, facade].sort());
  });

  it('has a room for every file', () => {
    const strays = sources.filter(({ file }) => file !== facade && heightOf(file) < 0).map(({ file }) => file);
    expect(strays).toEqual([]);
  });

  it('lets imports point downward only', () => {
    const wrong = sources
      .filter(({ file }) => file !== facade)
      .flatMap(({ file, imports }) =>
        imports
          .filter((to) => folderOf(to) !== folderOf(file) && heightOf(to) >= heightOf(file))
          .map((to) => `${file} -> ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it('lets nobody import the façade or the command line', () => {
    const wrong = sources.flatMap(({ file, imports }) =>
      imports
        .filter((to) => to === facade || (folderOf(to) === 'cli' && folderOf(file) !== 'cli'))
        .map((to) => `${file} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no cycle, type imports included', () => {
    expect(findCycle()).toEqual([]);
  });

  it('imports only files that exist', () => {
    const known = new Set(sources.map(({ file }) => file));
    const missing = sources.flatMap(({ file, imports }) =>
      imports.filter((to) => !known.has(to) && !to.endsWith('.json')).map((to) => `${file} -> ${to}`),
    );
    expect(missing).toEqual([]);
  });

  it('has an index only where the package has an entry point', () => {
    const indexes = sources.map(({ file }) => file).filter((file) => /(?:^|\/)index\.ts$/.test(file));
    expect(indexes).toEqual([
      'evaluate/index.ts',
      'index.ts',
      'orchestration/index.ts',
      'store/index.ts',
      'testing/index.ts',
    ]);
  });

  it('is described with files that exist', () => {
    const named = readFileSync(join(src, '../ARCHITECTURE.md'), 'utf8').match(/(?:src|test)\/[\w/-]+\.ts/g) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(join(src, '..', file)))).toEqual([]);
  });

  it('has no folder whose name says nothing', () => {
    const wrong = sources
      .flatMap(({ file }) => file.split('/').slice(0, -1))
      .filter((name) => forbiddenFolders.test(name));
    expect(wrong).toEqual([]);
  });

  it('names files in kebab case', () => {
    const wrong = sources
      .map(({ file }) => file)
      .filter((file) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.d)?\.ts$/.test(file));
    expect(wrong).toEqual([]);
  });

  it(`has no file of more than ${longestFile} lines`, () => {
    const long = sources.filter(({ file, lines }) => file !== facade && lines > longestFile);
    expect(long.map(({ file, lines }) => `${file}: ${lines}`)).toEqual([]);
  });

  it('touches the world in the listed edge files and the command line only', () => {
    const wrong = sources
      .filter(({ file }) => folderOf(file) !== 'cli' && !edges.includes(file))
      .filter(
        ({ code, modules }) =>
          effects.test(code) || modules.some((name) => name.startsWith('node:') && !harmlessModules.includes(name)),
      )
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it('lists no edge file that is gone', () => {
    expect(edges.filter((edge) => !sources.some(({ file }) => file === edge))).toEqual([]);
  });

  it('names no flag below the reports and the command line', () => {
    const wrong = sources
      .filter(({ file }) => !['report', 'cli'].includes(folderOf(file)))
      .filter(({ code }) => /['"` (]--[a-z]/.test(code.replace(/chorale pull [^`]*/g, '')))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  it('keeps the constants that `--help` shows in files without imports', () => {
    const constants = ['foundation/defaults.ts', 'data/data-format.ts'];
    const shown = sources.filter(({ file }) => constants.includes(file));
    expect(shown.map(({ imports, modules }) => [...imports, ...modules])).toEqual([[], []]);
  });

  it('says no word about language models in the orchestration', () => {
    const wrong = sources
      .filter(
        ({ file, code }) =>
          folderOf(file) === 'orchestration' && /\b(?:llm|prompt|model|ollama|sentiment)\b/i.test(code),
      )
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });
});

/** The files of one cycle, or none. */
function findCycle(): readonly string[] {
  const state = new Map<string, 'open' | 'done'>();
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const path: string[] = [];
  const visit = (file: string): readonly string[] => {
    if (state.get(file) === 'done') return [];
    if (state.get(file) === 'open') return [...path.slice(path.indexOf(file)), file];
    state.set(file, 'open');
    path.push(file);
    for (const next of byFile.get(file)?.imports ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    state.set(file, 'done');
    return [];
  };
  for (const { file } of sources) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
