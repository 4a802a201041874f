import { describe, expect, test } from 'vitest';
import { ModelMissingError } from '../../src/model/model-errors.js';

const own = 'http://127.0.0.1:11434';

describe('a model that a server does not have', () => {
  test.each([
    ['llama3.2:3b', ['llama3.2:1b', 'qwen3:4b'], " (did you mean 'llama3.2:1b'?)"],
    ['llama3.2', ['llama3.2:1b', 'llama3:8b'], " (did you mean 'llama3.2:1b'?)"],
    ['lama3.2:3b', ['llama3.2:3b', 'qwen3:4b'], " (did you mean 'llama3.2:3b'?)"],
    ['LLAMA3.2:1b', ['llama3.2:3b'], " (did you mean 'llama3.2:3b'?)"],
    ['mistral', ['llama3.2:3b'], ''],
    ['mistral', [], ''],
    ['mistral', null, ''],
  ])('%s of %j', (model, installed, meant) => {
    const { message } = new ModelMissingError(model, own, installed);
    expect(message).toContain(`has no model '${model}'${meant};`);
  });

  test.each([
    [own, 'ollama pull m'],
    ['http://127.0.0.1:11440', 'chorale pull m host=http://127.0.0.1:11440'],
    ['https://gpu-box/ollama', 'chorale pull m host=https://gpu-box/ollama'],
  ])('is got with a command that reaches the server: %s', (host, command) => {
    expect(new ModelMissingError('m', host, ['x']).message).toMatch(new RegExp(`; get it with: ${command}$`));
  });

  test.each([
    ['x', ['x:latest']],
    ['x:latest', ['x']],
    ['x:1b', ['y', 'X:1b']],
  ])('and lists all the same: %s of %j', (model, installed) => {
    const { message } = new ModelMissingError(model, own, installed);
    expect(message).toBe(
      `${own} contradicts itself: it says that it has no model '${model}', and lists it as installed; restart that server`,
    );
  });
});
