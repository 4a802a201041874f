import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { splitCredentials } from '../../../src/model/http/address.js';
import { hostUrl } from '../../../src/model/ollama/host-url.js';

describe('hostUrl', () => {
  test.each([
    // As in the tests of Ollama's own client (envconfig/config_test.go), but for addresses that one can only listen on.
    ['1.2.3.4', 'http://1.2.3.4:11434'],
    [':1234', 'http://127.0.0.1:1234'],
    ['1.2.3.4:1234', 'http://1.2.3.4:1234'],
    ['example.com', 'http://example.com:11434'],
    ['example.com:1234', 'http://example.com:1234'],
    ['[::1]', 'http://[::1]:11434'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]:1337', 'http://[::1]:1337'],
    [' 1.2.3.4 ', 'http://1.2.3.4:11434'],
    ['"1.2.3.4"', 'http://1.2.3.4:11434'],
    [' " 1.2.3.4 " ', 'http://1.2.3.4:11434'],
    ["'1.2.3.4'", 'http://1.2.3.4:11434'],
    ['http://1.2.3.4', 'http://1.2.3.4:80'],
    ['http://1.2.3.4:4321', 'http://1.2.3.4:4321'],
    ['https://1.2.3.4', 'https://1.2.3.4:443'],
    ['https://1.2.3.4:4321', 'https://1.2.3.4:4321'],
    ['https://example.com/ollama', 'https://example.com:443/ollama'],
    // An address to listen on is this machine.
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:1234', 'http://127.0.0.1:1234'],
    ['http://0.0.0.0:1234', 'http://127.0.0.1:1234'],
    ['[::]', 'http://127.0.0.1:11434'],
    ['[::]:1234', 'http://127.0.0.1:1234'],
    // URL takes 80 for the default of http and drops it.
    ['example.com:80', 'http://example.com:80'],
    [':80', 'http://127.0.0.1:80'],
    ['2001:db8::80', 'http://[2001:db8::80]:11434'],
    ['https://example.com:80', 'https://example.com:80'],
    // What else people write.
    ['localhost', 'http://localhost:11434'],
    ['EXAMPLE.com', 'http://example.com:11434'],
    ['HTTP://example.com:1', 'http://example.com:1'],
    ['http://example.com:1/', 'http://example.com:1'],
    ['example.com:1/ollama//', 'http://example.com:1/ollama'],
  ])('%s is %s', (written, url) => {
    expect(hostUrl(written)).toBe(url);
    expect(hostUrl(url)).toBe(url);
  });

  test.each([
    '',
    '  ',
    ':',
    ':x',
    'a b',
    'http://',
    'ftp://example.com',
    'example.com:66000',
    'example.com:-1',
    'example.com:0',
    ':0',
    '[::1',
    'http://[nonsense]',
  ])('%j is refused', (written) => {
    expect(() => hostUrl(written)).toThrow(InvalidOptionError);
    // It may hold a password somewhere.
    expect(() => hostUrl(written)).toThrow("but is '(not shown: it may hold a password)'");
  });

  test.each([
    'http://ann:s3cret@example.com:99999',
    'ann:s3cret@example.com:99999',
    'ann:s3@cret@example.com:0',
    'ftp://ann:s3cret@example.com',
    ' http://ann:s3cret@exa mple.com',
    'ann:s3/cret@example.com:0',
  ])('credentials in %j do not get into the message', (written) => {
    try {
      hostUrl(written);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([error, String(error)])).not.toMatch(/ann|s3|cret/);
    }
  });
});

describe('splitCredentials', () => {
  test.each([
    ['http://example.com:1', undefined],
    ['http://ann:s3cret@example.com:1', 'ann:s3cret'],
    ['http://ann@example.com:1', 'ann:'],
    ['http://:s3cret@example.com:1', ':s3cret'],
    ['http://ann:s3%40%3A%2Fcret@example.com:1', 'ann:s3@:/cret'],
    ['http://ann:100%@example.com:1', 'ann:100%'],
  ])('%s', (written, credentials) => {
    const { url, headers } = splitCredentials(hostUrl(written));
    expect(url).toBe('http://example.com:1');
    const { authorization } = headers;
    expect(authorization && atob(authorization.replace('Basic ', ''))).toBe(credentials);
  });

  test('a path with an @ is no credential', () => {
    expect(splitCredentials(hostUrl('http://example.com:1/@ann'))).toEqual({
      url: 'http://example.com:1/@ann',
      headers: {},
      secrets: [],
    });
  });
});
