/** What a processor may throw to make the reporting of it fail. */
export const hostileValues: readonly (readonly [string, unknown])[] = [
  [
    'an object whose toString throws',
    {
      toString() {
        throw new Error('no text');
      },
    },
  ],
  [
    'an object whose message throws',
    {
      get message() {
        throw new Error('no message');
      },
    },
  ],
  [
    'an error whose message, name and code throw',
    Object.defineProperties(new Error('boom'), {
      message: { get: thrower },
      name: { get: thrower },
      code: { get: thrower },
    }),
  ],
  ['an error whose message is an object', Object.assign(new Error('boom'), { message: Object.create(null) })],
  ['a proxy that was revoked', revoked()],
  ['a frozen error', Object.freeze(new Error('cold'))],
  ['a frozen object', Object.freeze({ message: 'cold' })],
  ['a function', () => 'boom'],
];

function thrower(): never {
  throw new Error('no access');
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
