import { expect, it } from 'vitest';
import { withOptions } from '../../../src/classify/prompt/prompt.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { showsLabels } from '../../../src/classify/prompt/template-variables.js';

const prompt = parsePrompt(
  'p',
  '---\nlabels: [a, b]\nconfig:\n  temperature: 0.2\n  stopSequences: ["x"]\n---\n{{review}} {{labelList}}',
  'p',
);

it('withOptions changes what is given, and leaves the rest', () => {
  const changed = withOptions(prompt, { temperature: 0.7, seed: 5, maxOutputTokens: undefined });
  expect(changed.config).toEqual({ ...prompt.config, temperature: 0.7, seed: 5 });
  expect(changed).toMatchObject({ name: 'p', hash: prompt.hash });
});

it('withOptions refuses a value outside its range, with the name of the option', () => {
  expect(() => withOptions(prompt, { temperature: 9 })).toThrow(/^prompt p: option temperature: /);
  expect(() => withOptions(prompt, { contextTokens: 0.5 })).toThrow(/^prompt p: option contextTokens: /);
});

it('showsLabels tells templates that show the labels from those that have some in their text', () => {
  expect(showsLabels('{{review}} {{labelList}}')).toBe(true);
  expect(showsLabels('{{review}} {{#each labels}}{{this}}{{/each}}')).toBe(true);
  expect(showsLabels('{{review}}: good or bad?')).toBe(false);
});
