import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conceal } from '../../../src/orchestration/graph/secrets.js';

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
