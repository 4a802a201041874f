import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadExperiment } from '../../../src/cli/config/load-experiment.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-experiment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(content: string) {
  const path = join(folder, 'experiment.yaml');
  writeFileSync(path, content);
  return loadExperiment(path);
}

describe('an experiment file', () => {
  it('may have one value where a list may stand', async () => {
    expect(await load('prompts: a\nmodels: [m, n]\noptions:\n  temperature: 0.5\n  seed: [1, 2]\n')).toEqual({
      prompts: ['a'],
      models: ['m', 'n'],
      options: { temperature: [0.5], seed: [1, 2] },
    });
  });

  it('may be empty, and begin with a byte order mark', async () => {
    expect(await load('')).toEqual({});
    expect(await load('\uFEFFlabel: right\n')).toEqual({ label: 'right' });
  });

  it.for<[string, string]>([
    ['modles: [m]', "unknown key 'modles' (nearest known: models)"],
    ['options: {temp: 1}', "unknown key 'options.temp' (nearest known: "],
    ['options: {temperature: hot}', 'options.temperature: must be a number, or a list of numbers'],
    ['prompts: []', 'prompts: '],
    ['repeats: 0', 'repeats: '],
    ['split: test', 'split: '],
    ['provider: olama', 'provider: '],
    ['label: a\nlabel: b', 'is no YAML: Map keys must be unique'],
    ['- a\n- b', 'the file: '],
    ['just text', 'the file: '],
  ])('%s: says what is wrong', async ([content, message]) => {
    await expect(load(content)).rejects.toThrow(message);
  });
});
