import { describe, expect, test } from 'vitest';
import { defaults } from '../../../src/foundation/defaults.js';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { baseUrl } from '../../../src/model/openai/api-address.js';

describe('baseUrl', () => {
  test.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000/v1'],
    ['https://api.openai.com', 'https://api.openai.com/v1'],
    ['https://api.openai.com:443/v1', 'https://api.openai.com/v1'],
    ['localhost:1234', 'http://localhost:1234/v1'],
    [':1234', 'http://127.0.0.1:1234/v1'],
    ['0.0.0.0:8000', 'http://127.0.0.1:8000/v1'],
    ['[::]:8000', 'http://127.0.0.1:8000/v1'],
    ['gpu-box', 'http://gpu-box/v1'],
    [' "http://gpu-box/v1" ', 'http://gpu-box/v1'],
    // A path is the provider's own.
    ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://models.github.ai/inference', 'https://models.github.ai/inference'],
    [
      'https://generativelanguage.googleapis.com/v1beta/openai/',
      'https://generativelanguage.googleapis.com/v1beta/openai',
    ],
    ['http://ann:s3cret@h:1', 'http://ann:s3cret@h:1/v1'],
  ])('%s is %s', (written, url) => {
    expect(baseUrl(written)).toBe(url);
    expect(baseUrl(url)).toBe(url);
  });

  test('the default is one', () => {
    expect(baseUrl(defaults.openaiHost)).toBe(defaults.openaiHost);
  });

  test.each(['', 'a b', 'ftp://h', 'h:0', 'h:99999'])('%j is refused', (written) => {
    expect(() => baseUrl(written)).toThrow(InvalidOptionError);
    expect(() => baseUrl(written)).toThrow('option host must be an address such as http://127.0.0.1:8000/v1');
  });

  test('credentials do not get into the message', () => {
    expect(() => baseUrl('http://ann:s3cret@h:99999')).toThrow(/^(?!.*s3cret)/);
  });
});
