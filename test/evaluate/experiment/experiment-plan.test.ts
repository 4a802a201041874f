import { describe, expect, it } from 'vitest';
import { ExperimentError, planVariants } from '../../../src/evaluate/experiment/experiment-plan.js';

const names = (plan: Parameters<typeof planVariants>[0]) => planVariants(plan).map(({ name }) => name);

describe('planVariants', () => {
  it('calls variants by what differs only', () => {
    expect(names({ prompts: ['a', 'b'], models: ['m'] })).toEqual(['a', 'b']);
    expect(names({ prompts: ['a'], models: ['m', 'n'] })).toEqual(['m', 'n']);
    expect(names({ prompts: ['a'], models: ['m'], options: { temperature: [0, 0.7] } })).toEqual([
      'temperature 0',
      'temperature 0.7',
    ]);
    expect(names({ prompts: ['a'], models: ['m'], options: { temperature: [0.7] } })).toEqual(['a']);
    expect(names({ prompts: ['a'], models: [null] })).toEqual(['a']);
  });

  it('goes model by model, and changes the context least within one', () => {
    const plan = {
      prompts: ['a', 'b'],
      models: ['m', 'n'],
      options: { temperature: [0, 1], contextTokens: [512, 1_024] },
    };
    const variants = planVariants(plan);
    expect(variants).toHaveLength(16);
    expect(variants.map(({ model }) => model)).toEqual([...Array(8).fill('m'), ...Array(8).fill('n')]);
    expect(variants.slice(0, 8).map(({ options }) => options.contextTokens)).toEqual([
      ...Array(4).fill(512),
      ...Array(4).fill(1_024),
    ]);
    expect(variants[0]?.name).toBe('a · m · context tokens 512 · temperature 0');
  });

  it('distinguishes prompts of the same name by their paths', () => {
    expect(names({ prompts: ['old/mine.prompt', 'new/mine.prompt', 'other.prompt'], models: ['m'] })).toEqual([
      'old/mine.prompt',
      'new/mine.prompt',
      'other',
    ]);
  });

  it('gives every variant a name of its own', () => {
    const all = names({ prompts: ['a', 'b'], models: ['m', 'n'], options: { seed: [1, 2, 3], temperature: [0] } });
    expect(new Set(all).size).toBe(12);
  });

  it('rejects repeated and empty lists', () => {
    expect(() => names({ prompts: ['a', 'a'], models: ['m'] })).toThrow("the prompt 'a' is given twice");
    expect(() => names({ prompts: ['a'], models: ['m', 'm'] })).toThrow("the model 'm' is given twice");
    expect(() => names({ prompts: ['a'], models: ['m'], options: { seed: [1, 1] } })).toThrow(
      "the value of seed '1' is given twice",
    );
    expect(() => names({ prompts: [], models: ['m'] })).toThrow(ExperimentError);
  });
});
