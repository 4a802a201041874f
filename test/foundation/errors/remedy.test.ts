import { expect, test } from 'vitest';
import { renderRemedy, spelledMessage } from '../../../src/foundation/errors/chorale-error.js';
import { ModelUnavailableError, PromptTooLongError } from '../../../src/model/model-errors.js';
import { hostileValues } from './hostile-values.js';

const spell = ({ option, value = '' }: { readonly option: string; readonly value?: string | undefined }) =>
  `<${option} ${value}>`;

test('a remedy names its options as they are spelled, else as the library has them', () => {
  const remedy = ['give ', { option: 'host', value: 'URL' }, ', or read ', { option: 'out', inLibrary: 'the list' }];
  expect(renderRemedy(remedy)).toBe('give host=URL, or read the list');
  expect(renderRemedy(remedy, spell)).toBe('give <host URL>, or read <out >');
  expect(renderRemedy('restart it', spell)).toBe('restart it');
});

test('the message of an error names the options of its remedy as they are spelled', () => {
  const error = new PromptTooLongError(2_048, '3000 tokens', ['split it with ', { option: 'long', value: '$&' }]);
  const start =
    'the prompt does not fit into the context of 2048 tokens (3000 tokens); shorten the review or split it with';
  expect(error.message).toBe(`${start} long=$&`);
  expect(spelledMessage(error, spell)).toBe(`${start} <long $&>`);
  expect(spelledMessage(error, undefined)).toBe(error.message);
});

test('a message without options stays as it is', () => {
  const error = new ModelUnavailableError('http://127.0.0.1:1', 'connection refused');
  expect(spelledMessage(error, spell)).toBe(error.message);
  expect(spelledMessage('boom', spell)).toBe('boom');
});

test.each(hostileValues)('%s has a message, spelled or not', (_, value) => {
  expect(spelledMessage(value, spell)).toBeTypeOf('string');
});
