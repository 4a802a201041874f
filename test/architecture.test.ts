import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The layers, lowest first. Folders of one layer do not know each other; a folder imports itself and what is lower. */
const layers: readonly (readonly string[])[] = [
  ['errors', 'text'],
  ['events'],
  ['concurrency', 'measurement', 'statistics'],
  ['orchestration', 'model', 'prompt', 'dataset'],
  ['agent', 'calibration', 'pool', 'store'],
  ['testing'],
  ['doctor', 'sentiment'],
  ['experiment'],
  ['config', 'report'],
  ['cli'],
];

/** Files that stand outside the folders: the façade sees everything but the command line. */
const facade = 'index.ts';

/** Files that may touch the world: the system, the network, the clock, the console. All others are pure. */
const edges: readonly string[] = [
  'calibration/saved-calibration.ts',
  'concurrency/abort-controller.ts',
  'concurrency/node-host.ts',
  'concurrency/process-identity.ts',
  'concurrency/process-life.ts',
  'config/load-config.ts',
  'dataset/expand-inputs.ts',
  'dataset/file-key.ts',
  'dataset/lock-file.ts',
  'dataset/lock-outputs.ts',
  'dataset/pipe-file.ts',
  'dataset/parquet/page-codecs.ts',
  'dataset/parquet/random-access.ts',
  'config/load-experiment.ts',
  'dataset/read-bytes.ts',
  'dataset/real-target.ts',
  'dataset/temporary-file.ts',
  'dataset/temporary-folder.ts',
  'dataset/write-file.ts',
  'dataset/write-lines.ts',
  'dataset/write-stream.ts',
  'dataset/zlib-steps.ts',
  'events/pino-observer.ts',
  'events/text-observer.ts',
  'events/warn.ts',
  'model/http/connections.ts',
  'model/lexicon/lexicon-thread.ts',
  'model/lexicon/scoring-thread.ts',
  'prompt/load-prompt.ts',
  'store/libsql/open-database.ts',
  'store/libsql/patience.ts',
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
const longestFile = 300;

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

function layerOf(file: string): number {
  return layers.findIndex((folders) => folders.includes(folderOf(file)));
}

describe('the structure of src', () => {
  it('has a layer for every file', () => {
    const strays = sources.filter(({ file }) => file !== facade && layerOf(file) < 0).map(({ file }) => file);
    expect(strays).toEqual([]);
  });

  it('lets imports point downward only', () => {
    const wrong = sources
      .filter(({ file }) => file !== facade)
      .flatMap(({ file, imports }) =>
        imports
          .filter((to) => folderOf(to) !== folderOf(file) && layerOf(to) >= layerOf(file))
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

  it('crosses from one folder to another through its index only', () => {
    const deep = sources.flatMap(({ file, imports }) =>
      imports
        .filter((to) => folderOf(to) !== folderOf(file) && !to.endsWith('/index.ts'))
        .map((to) => `${file} -> ${to}`),
    );
    expect(deep).toEqual([]);
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
