import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { conceal } from '../../../src/orchestration/graph/secrets.js';
import { State } from '../../../src/orchestration/graph/state.js';

const secrets = (given: Record<string, unknown>) => new Map(Object.entries(given));

test('secrets are replaced by their names, wherever they are', () => {
  expect(conceal('GET a?k=1 with k=1', secrets({ key: 'k=1' }))).toBe('GET a?[secret key] with [secret key]');
  expect(conceal('nothing here', secrets({ key: 'k=1', none: '', count: 7 }))).toBe('nothing here');
});

test('texts inside of secrets are secrets, also where a secret contains itself', () => {
  const login: Record<string, unknown> = { user: 'ada', more: ['pass', 5, null] };
  login.self = login;
  expect(conceal('ada:pass', secrets({ login }))).toBe('[secret login]:[secret login]');
});

test.each([
  { short: 'tok', long: 'token-1' },
  { long: 'token-1', short: 'tok' },
])('of a secret that is part of another nothing is left over: %o', (given) => {
  expect(conceal('tok and token-1', secrets(given))).toBe('[secret short] and [secret long]');
});

test('a name that was put in is not looked at again', () => {
  expect(conceal('bad e', secrets({ a: 'bad', b: 'e' }))).toBe('[secret a] [secret b]');
});

test('no secret means more than its letters', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (secret) => {
      expect(conceal(secret, secrets({ s: secret }))).toBe('[secret s]');
    }),
  );
});

class Login {
  readonly #pin = 4711;
  constructor(readonly user: string) {}
  toString() {
    return `${this.user}/${this.#pin}`;
  }
}

test.each([
  ['a number', 4711, ['4711']],
  ['a bigint', 123456789012345678901n, ['123456789012345678901']],
  ['a URL', new URL('https://me:s%40me@host/p?key=abc'), ['https://me:s%40me@host/p?key=abc', 's%40me', 's@me', 'abc']],
  ['bytes', Buffer.from('topf'), ['topf', '746f7066', 'dG9wZg==', '116,111,112,102']],
  ['a buffer', new TextEncoder().encode('topf').buffer, ['topf']],
  ['a map', new Map([['token', { value: 'xyz-1' }]]), ['xyz-1']],
  ['a set', new Set(['xyz-1', 815]), ['xyz-1', '815']],
  ['headers', new Headers({ authorization: 'Bearer xyz' }), ['Bearer xyz']],
  ['an instance of a class', new Login('ada'), ['ada', 'ada/4711']],
  ['a date', new Date(0), ['1970-01-01T00:00:00.000Z']],
  ['a text with quotes', 'a"b\n', ['a"b\n', 'a\\"b\\n']],
])('%s is replaced in all its text forms', (_, secret, forms) => {
  for (const form of forms) {
    expect(conceal(`<${form}>`, secrets({ name: secret }))).toBe('<[secret name]>');
  }
});

test.each([[true], [() => 'token'], [Symbol('s')], [{}], [null], [new Map()], [Promise.resolve('later')]])(
  'what has no text form is rejected as a secret: %o',
  (secret) => {
    const rejected = expect.objectContaining({ name: 'InvalidOptionError' });
    expect(() => State.create({}, { secrets: { flag: secret } })).toThrow(rejected);
    expect(() => State.create({}).withSecret('flag', secret)).toThrow(InvalidOptionError);
  },
);

test('an error, a boxed text and printed bytes are secrets in their texts', () => {
  const secrets = new Map<string, unknown>([
    ['error', new Error('of the error', { cause: new Error('of its cause') })],
    ['boxed', new String('a boxed text')],
    ['number', new Number(987_654)],
    ['bytes', Buffer.from('hunter2')],
    ['numbers', new Uint8Array([104, 117, 110])],
  ]);
  const text = `of the error, of its cause, a boxed text, 987654 ${inspect(Buffer.from('hunter2'))} ${inspect(new Uint8Array([104, 117, 110]))}, note`;
  expect(conceal(text, secrets)).toBe(
    '[secret error], [secret error], [secret boxed], [secret number] <Buffer [secret bytes]> Uint8Array(3) [ [secret numbers] ], note',
  );
});
