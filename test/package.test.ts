import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as chorale from 'chorale';
import * as orchestration from 'chorale/orchestration';
import * as testing from 'chorale/testing';
import { afterAll, describe, expect, it } from 'vitest';
import * as errors from '../src/index.js';

/** Section 7 of the contract: what belongs to the orchestration, its observers included. */
const orchestrationNames = [
  ...['processParallel', 'streamParallel', 'runBounded', 'processChain', 'processConditional'],
  ...['StateGraph', 'State', 'always', 'keyExists', 'keyEquals', 'not', 'and', 'or'],
  ...['chainNode', 'parallelNode', 'conditionalNode'],
  ...['createHub', 'message', 'request', 'response', 'notification'],
  ...['defineStep', 'defineWorkflow', 'createEngine', 'Conductor'],
  ...['noopObserver', 'pinoObserver', 'combineObservers', 'registerObserver', 'getObserver'],
];
/** And what does not. Planned: `runSweep`. */
const applicationNames = [
  'memoryStore',
  'libsqlStore',
  'openRunStore',
  'memoryRunStore',
  'memoryRuns',
  'openRunArchive',
  'createAgent',
  'ollama',
  'openaiCompatible',
  'lexicon',
  'analyzeReviews',
  'runExperiment',
];
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
    expect(Object.keys(chorale)).toEqual(expect.arrayContaining([...orchestrationNames, ...applicationNames]));
    expect(Object.keys(orchestration)).toEqual(expect.arrayContaining(orchestrationNames));
    expect(Object.keys(testing)).toEqual(expect.arrayContaining(testingNames));
  });

  it('exports every error class, and those that the orchestration throws or tells from there, too', () => {
    const classes = Object.keys(errors).filter((name) => isErrorClass(Reflect.get(errors, name)));
    expect(Object.keys(chorale)).toEqual(expect.arrayContaining(classes));
    const used = new Set(readFolder('src/orchestration').flatMap((text) => text.match(/\b[A-Z]\w+Error\b/g) ?? []));
    const told = classes.filter((name) => used.has(name));
    expect(told.length).toBeGreaterThan(20);
    expect(Object.keys(orchestration)).toEqual(expect.arrayContaining(told));
  });

  it('exports nothing that no user needs', () => {
    const more = (entry: object, ...names: readonly (readonly string[])[]) =>
      Object.entries(entry)
        .filter(([name, value]) => !isErrorClass(value) && !names.flat().includes(name))
        .map(([name]) => name)
        .sort();
    expect(more(chorale, orchestrationNames, applicationNames)).toEqual([
      'calibrateReviews',
      'calibrationTarget',
      'createAdaptiveLimit',
      'createPool',
      'errorCatalogue',
      'fingerprintChanges',
      'fingerprintOf',
      'httpService',
      'labelRows',
      'loadCalibration',
      'loadPrompt',
      'nodeRuntime',
      'parsePrompt',
      'planVariants',
      'promptNames',
      'saveCalibration',
      'searchFewShot',
      'splitOf',
      'streamReviews',
      'textKey',
      'textObserver',
    ]);
    // The last two are for the application, which counts its workers before it has its items.
    expect(more(orchestration, orchestrationNames)).toEqual(
      ['nodeRuntime', 'textObserver', 'defaultWorkerCap', 'workerCount'].sort(),
    );
    expect(more(testing, testingNames)).toEqual([]);
  });

  it.each(['src/index.ts', 'src/orchestration/index.ts', 'src/testing/index.ts'])(
    'tells of everything in %s what it is',
    (entry) => {
      const names = exportedNames(readFileSync(join(root, entry), 'utf8'));
      expect(names.length).toBeGreaterThan(20);
      expect(names.filter((name) => !documented.has(name))).toEqual([]);
    },
  );

  it('publishes the program and what it needs, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const files: string[] = JSON.parse(stdout)[0].files.map((file: { path: string }) => file.path);
    const outside = files.filter((file) => !file.startsWith('dist/') && !file.startsWith('prompts/')).sort();
    expect(outside).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'examples/config.llama.json',
      'examples/experiment.yaml',
      'examples/labelled.csv',
      'examples/reviews.csv',
      'package.json',
    ]);
    expect(files.filter((file) => file.startsWith('dist/')).every((file) => /\.(js|d\.ts)$/.test(file))).toBe(true);
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
