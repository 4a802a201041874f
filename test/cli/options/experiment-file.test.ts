import { describe, expect, it } from 'vitest';
import { parseExperimentFile } from '../../../src/cli/options/experiment-file.js';

function load(content: string) {
  return parseExperimentFile(content, 'experiment.yaml');
}

describe('an experiment file', () => {
  it('may have one value where a list may stand', () => {
    expect(load('prompts: a\nmodels: [m, n]\noptions:\n  temperature: 0.5\n  seed: [1, 2]\n')).toEqual({
      prompts: ['a'],
      models: ['m', 'n'],
      options: { temperature: [0.5], seed: [1, 2] },
    });
  });

  it('may be empty', () => {
    expect(load('')).toEqual({});
  });

  it('has labels and translations with commas, quotes and equals signs', () => {
    const { labels, map } = load(
      'labels: [good, "bad, very", "a=b"]\nmap: {"so, so": "bad, very", "x=y": "a=b", none: }',
    );
    expect(labels).toEqual(['good', 'bad, very', 'a=b']);
    expect(map && [...map]).toEqual([
      ['so, so', 'bad, very'],
      ['x=y', 'a=b'],
      ['none', ''],
    ]);
  });

  it.for<[string, string]>([
    ['modles: [m]', "unknown key 'modles' (nearest known: models)"],
    ['options: {temp: 1}', "unknown key 'options.temp' (nearest known: "],
    ['options: {temperature: hot}', 'options: temperature must be a number, or a list of numbers'],
    ['options: {seed: ["1"]}', 'options: seed must be a number, or a list of numbers'],
    ['limit: "3"', 'limit: It must be a whole number'],
    ['probabilities: "true"', 'probabilities: It must be true or false'],
    ['labels: a,b', 'labels: It must be a list'],
    ['labels: [1, 2]', 'labels: It must be a text'],
    ['blank: 5', 'blank: It must be a text'],
    ['map: {good: 1}', "map: The label for 'good' must be a text"],
    ['prompts: 1', 'prompts: It must be a text'],
    ['description: 1', 'description: It must be a text'],
    ['prompts: []', 'prompts: '],
    ['repeats: 0', 'repeats: '],
    ['split: test', 'split: '],
    ['provider: olama', 'provider: '],
    ['label: a\nlabel: b', 'is not YAML: Map keys must be unique'],
    ['- a\n- b', 'the file: '],
    ['just text', 'the file: '],
  ])('%s: says what is wrong', ([content, message]) => {
    expect(() => load(content)).toThrow(message);
  });
});
