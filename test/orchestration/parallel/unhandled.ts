import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the tests of this file if a rejection stays unhandled. */
export function expectNothingUnhandled(): void {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => void unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', listen));
  afterAll(async () => {
    await nextTurn();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
}
