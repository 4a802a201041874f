import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as chorale from 'chorale';
import * as evaluate from 'chorale/evaluate';
import * as orchestration from 'chorale/orchestration';
import * as store from 'chorale/store';
import * as testing from 'chorale/testing';
import { afterAll, describe, expect, it } from 'vitest';

/** Section 7 of the contract: what belongs to the orchestration, its observers included. */
const orchestrationNames = [
  ...['processParallel', 'streamParallel', 'runBounded', 'processChain', 'processConditional'],
  ...['StateGraph', 'State', 'always', 'keyExists', 'keyEquals', 'not', 'and', 'or'],
  ...['chainNode', 'parallelNode', 'conditionalNode'],
  ...['createHub', 'message', 'request', 'response', 'notification'],
  ...['defineStep', 'defineWorkflow', 'createEngine', 'Conductor'],
  ...['noopObserver', 'pinoObserver', 'combineObservers', 'registerObserver', 'getObserver'],
];
/** What the main entry has of it: the parallel runs and the observers. */
const parallelNames = [
  ...['processParallel', 'streamParallel', 'runBounded'],
  ...['noopObserver', 'pinoObserver', 'combineObservers', 'registerObserver', 'getObserver'],
];
const storeNames = ['memoryStore', 'libsqlStore', 'openRunStore', 'memoryRunStore', 'memoryRuns', 'openRunArchive'];
/** Planned: `runSweep`. */
const applicationNames = ['createAgent', 'ollama', 'openaiCompatible', 'lexicon', 'analyzeReviews', 'runExperiment'];
/** Scripted model, recording observer, manual clock, contract suites. */
const testingNames = [
  ...['createScriptedModel', 'createRecordingObserver', 'createManualClock'],
  ...['modelContract', 'checkpointStoreContract', 'workflowStoreContract', 'runStoreContract'],
];

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chorale-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function isErrorClass(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error;
}

function readFolder(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(root, folder, file), 'utf8'));
}

/** What an index passes on, types included. */
function exportedNames(index: string): string[] {
  return [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(',').flatMap((name) => name.replace(/\btype\b| as \w+/g, '').trim() || []),
  );
}

const entries = [
  'src/index.ts',
  'src/orchestration/index.ts',
  'src/evaluate/index.ts',
  'src/store/index.ts',
  'src/testing/index.ts',
];

/** Each name that an entry passes on, with the file that declares it. */
function declarations(entry: string): (readonly [name: string, file: string])[] {
  const text = readFileSync(join(root, entry), 'utf8');
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(([, list = '', specifier = '']) =>
    exportedNames(`export {${list}}`).map((name) => [name, join(entry, '..', specifier)] as const),
  );
}

/** The names of the declarations that have a docstring right before them. */
const documented = new Set(
  readFolder('src').flatMap((text) =>
    [
      ...text.matchAll(/\*\/\n(?:\/\/.*\n)*export (?:abstract |async )*(?:class|function|const|interface|type) (\w+)/g),
    ].map(([, name = '']) => name),
  ),
);

describe('the package', () => {
  it('exports what the contract names', () => {
    expect(Object.keys(chorale)).toEqual(expect.arrayContaining([...parallelNames, ...applicationNames]));
    expect(Object.keys(orchestration)).toEqual(expect.arrayContaining([...orchestrationNames, 'memoryStore']));
    expect(Object.keys(store)).toEqual(expect.arrayContaining(storeNames));
    expect(Object.keys(testing)).toEqual(expect.arrayContaining(testingNames));
  });

  it('exports every error class, those of the orchestration and of stores from their own entries', () => {
    const declared = new Set(
      readFolder('src').flatMap((text) =>
        [...text.matchAll(/class (\w+Error) extends (?!Error\b)/g)].flatMap((match) => match[1] ?? []),
      ),
    );
    const exported = Object.keys({ ...chorale, ...orchestration, ...store, ...evaluate, ...testing });
    expect(exported).toEqual(expect.arrayContaining([...declared]));
    const used = new Set(readFolder('src/orchestration').flatMap((text) => text.match(/\b[A-Z]\w+Error\b/g) ?? []));
    const raised = [...declared].filter((name) => used.has(name));
    expect(raised.length).toBeGreaterThan(20);
    expect(Object.keys(orchestration)).toEqual(expect.arrayContaining(raised));
  });

  it('has at most 150 names in its main entry', () => {
    expect(exportedNames(readFileSync(join(root, 'src/index.ts'), 'utf8')).length).toBeLessThanOrEqual(150);
  });

  it('gives a name to one thing only, whichever entry exports it', () => {
    const places = new Map<string, Set<string>>();
    for (const entry of entries) {
      for (const [name, file] of declarations(entry)) places.set(name, (places.get(name) ?? new Set()).add(file));
    }
    expect([...places].filter(([, files]) => files.size > 1).map(([name]) => name)).toEqual([]);
  });

  it('exports nothing that no user needs', () => {
    const more = (entry: object, ...names: readonly (readonly string[])[]) =>
      Object.entries(entry)
        .filter(([name, value]) => !isErrorClass(value) && !names.flat().includes(name))
        .map(([name]) => name)
        .sort();
    expect(more(chorale, parallelNames, applicationNames)).toEqual([
      'calibrateReviews',
      'calibrationTarget',
      'createAdaptiveLimit',
      'createPool',
      'errorCatalogue',
      'httpService',
      'labelRows',
      'loadCalibration',
      'loadPrompt',
      'nodeRuntime',
      'parsePrompt',
      'planVariants',
      'promptNames',
      'saveCalibration',
      'streamReviews',
      'textObserver',
    ]);
    expect(more(evaluate)).toEqual(['searchFewShot', 'splitOf']);
    expect(more(store, storeNames)).toEqual(['fingerprintChanges', 'fingerprintOf', 'textKey']);
    // The last two are for the application, which counts its workers before it has its items.
    expect(more(orchestration, orchestrationNames)).toEqual(
      [
        'defineMapStep',
        'memoryStore',
        'nodeRuntime',
        'subgraphNode',
        'textObserver',
        'defaultWorkerCap',
        'workerCount',
      ].sort(),
    );
    expect(more(testing, testingNames)).toEqual([]);
  });

  it.each(entries)('documents everything that %s exports', (entry) => {
    const names = exportedNames(readFileSync(join(root, entry), 'utf8'));
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('publishes the program and what it needs, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const files: string[] = JSON.parse(stdout)[0].files.map((file: { path: string }) => file.path);
    const outside = files.filter((file) => !/^(?:dist|docs|examples|prompts)\//.test(file)).sort();
    const pages = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md'];
    expect(outside).toEqual([...pages, 'package.json']);
    for (const page of files.filter((file) => file.endsWith('.md'))) {
      const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)];
      const targets = links.map(([, link = '']) => posix.join(posix.dirname(page), link));
      const isThere = (target: string) => files.some((file) => file === target || file.startsWith(`${target}/`));
      expect(
        targets.filter((target) => !isThere(target.replace(/\/$/, ''))),
        page,
      ).toEqual([]);
    }
    const built = files.filter((file) => file.startsWith('dist/') && !/\.(js|js\.map|d\.ts)$/.test(file));
    expect(built).toEqual(['dist/THIRD-PARTY-LICENSES.txt']);
    expect(files).toContain('dist/cli/bin.js');
    expect(files).toContain('prompts/sentiment.prompt');
  });

  it('works from the library without touching stdout', async () => {
    const program = `
      import { analyzeReviews, createAgent, lexicon, loadPrompt } from 'chorale';
      const agent = await createAgent({ model: lexicon(), prompt: await loadPrompt('sentiment') });
      const { results } = await analyzeReviews(['I love it.', 'I hate it.'], { agent });
      process.stderr.write(results.map((result) => result.sentiment).join());`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
    expect([stdout, stderr]).toEqual(['', 'positive,negative']);
  });
});
