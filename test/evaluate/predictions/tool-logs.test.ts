import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparePredictions } from '../../../src/evaluate/predictions/compare-predictions.js';
import type { PredictionColumns } from '../../../src/evaluate/predictions/predictions.js';
import { toolPredictions } from '../../../src/evaluate/predictions/tool-logs.js';

const folder = new URL('../../fixtures/predictions/', import.meta.url);
const json = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const wanted: PredictionColumns = { gold: 'label', blank: new Set(), mayNumberRows: true };

describe('an output of promptfoo', () => {
  it('has a variant for each provider with each prompt, joined by the variable of the id', async () => {
    const file = toolPredictions('out.json', json('promptfoo.json'), wanted);
    expect(file?.sets.map(({ name, predictions }) => [name, predictions.length])).toEqual([
      ['careful, prompt 1', 12],
      ['careful, prompt 2', 12],
      ['hasty, prompt 1', 12],
      ['hasty, prompt 2', 12],
    ]);
    const { result } = await comparePredictions(file ? [file] : []);
    const metrics = result.variants.map(({ name, failed, accuracy }) => [name, failed, accuracy.value]);
    expect(metrics).toEqual([
      ['careful, prompt 1', 0, 1],
      ['careful, prompt 2', 0, 1],
      ['hasty, prompt 1', 1, 9 / 12],
      ['hasty, prompt 2', 1, 9 / 12],
    ]);
  });

  it('is read by a field of JSON answers', () => {
    const file = toolPredictions('out.json', json('promptfoo.json'), { ...wanted, field: 'refund' });
    const values = file?.sets.map(({ predictions }) => new Set(predictions.map(({ value }) => value)));
    expect(values?.map((one) => [...one])).toEqual([[null], ['false', 'true'], [null], ['false', 'true', null]]);
  });

  it('is rejected with the place where its form is another one', () => {
    const output = { evalId: 'x', results: { results: [{ vars: {} }] } };
    expect(() => toolPredictions('out.json', output, wanted)).toThrow(
      /^out\.json: not an output of promptfoo as it is documented \(results\.results\.0\.promptIdx: /,
    );
  });
});

describe('a log of inspect_ai', () => {
  it('has the model as its variant and the target as the gold label; a sample with an error failed', async () => {
    const files = ['inspect-careful.json', 'inspect-hasty.json'].flatMap(
      (name) => toolPredictions(name, json(name), { ...wanted, gold: undefined }) ?? [],
    );
    const { result } = await comparePredictions(files);
    expect(result.variants.map(({ name, failed, accuracy }) => [name, failed, accuracy.value])).toEqual([
      ['mockllm/careful', 0, 1],
      ['mockllm/hasty', 1, 8 / 12],
    ]);
    expect(result.pairs[0]).toMatchObject({ only_a_right: 4, only_b_right: 0 });
  });

  it('takes the gold label from the metadata where they have it', () => {
    const file = toolPredictions('log.json', json('inspect-careful.json'), { ...wanted, gold: 'stars' });
    expect(new Set(file?.gold.map(({ value }) => value))).toEqual(new Set(['5', '1']));
  });

  it('is rejected without samples', () => {
    const { samples: _, ...log } = json('inspect-careful.json');
    expect(() => toolPredictions('log.json', log, wanted)).toThrow('this log of inspect_ai has no samples');
  });
});

describe('other JSON', () => {
  it('is for the reader of tables', () => {
    expect(toolPredictions('a.json', { results: [] }, wanted)).toBeNull();
    expect(toolPredictions('a.json', [1], wanted)).toBeNull();
  });
});
