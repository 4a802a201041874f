import { expect, test } from 'vitest';

/** A value that the types forbid, as a caller without types may pass it. */
// biome-ignore lint/suspicious/noExplicitAny: it must fit everywhere.
export function wrong(value: unknown): any {
  return value;
}

/** What is wrong, the call, and what it says: the whole message. */
export type Messages = readonly (readonly [what: string, call: () => unknown, message: string])[];

/** Tests that each call throws, or rejects, with its message. */
export function testMessages(table: Messages): void {
  test.each(table)('%s', async (_what, call, message) => {
    let thrown: unknown;
    try {
      await call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    // Other tests of this process register observers, which the message lists.
    expect((thrown as Error).message.replace(/, (?:registry|emitter)-test[\w-]*/g, '')).toBe(message);
  });
}
