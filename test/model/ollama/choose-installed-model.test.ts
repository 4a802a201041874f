import { describe, expect, it } from 'vitest';
import { ModelMissingError } from '../../../src/model/model-errors.js';
import { chooseModel } from '../../../src/model/ollama/choose-installed-model.js';
import type { InstalledModel } from '../../../src/model/ollama/model-facts.js';

const model = (name: string, billions: number | null, more: Partial<InstalledModel> = {}): InstalledModel => ({
  name,
  parameters: billions === null ? null : billions * 1e9,
  loaded: false,
  remote: false,
  ...more,
});

/** A server that says of each model what it can do; null where it does not. */
async function choiceOf(
  models: readonly InstalledModel[],
  capabilities: Readonly<Record<string, readonly string[] | null>> = {},
) {
  const server = {
    facts: async (name: string) => {
      if (name === 'broken') throw new ModelMissingError(name, 'http://server', null);
      const known = name in capabilities ? capabilities[name] : ['completion'];
      return { thinks: false, capabilities: known ?? null, leastThinking: false as const, contextTokens: null };
    },
  };
  return (await chooseModel(server, models, new AbortController().signal))?.model.name;
}

describe('the choice of an installed model', () => {
  it('is one that is loaded already', async () => {
    expect(await choiceOf([model('large', 7), model('small', 1, { loaded: true })])).toBe('small');
  });

  it('is the largest that is quick on most machines, else the smallest', async () => {
    expect(await choiceOf([model('a', 1), model('b', 8), model('c', 70)])).toBe('b');
    expect(await choiceOf([model('a', 400), model('b', 70)])).toBe('b');
  });

  it('passes over models that write no text, whether the server says so or their name does', async () => {
    const models = [model('vectors', 8), model('nomic-embed-text', 7), model('chat', 1)];
    expect(await choiceOf(models, { vectors: ['embedding'], 'nomic-embed-text': null })).toBe('chat');
  });

  it('passes over models that compute elsewhere, and those that the server cannot show', async () => {
    expect(await choiceOf([model('cloud', 8, { remote: true }), model('broken', 7), model('chat', null)])).toBe('chat');
  });

  it('is none where no model can answer', async () => {
    expect(await choiceOf([])).toBeUndefined();
    expect(await choiceOf([model('vectors', 1)], { vectors: ['embedding'] })).toBeUndefined();
  });

  it('does not depend on the order of the list', async () => {
    expect(await choiceOf([model('b', 1), model('a', 1)])).toBe('a');
    expect(await choiceOf([model('a', 1), model('b', 1)])).toBe('a');
  });
});
