import { test as base, vi } from 'vitest';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** A test in which nothing may be printed: neither by us nor by a library, nor a warning of Node. */
export const test = base.extend<{ quiet: undefined }>({
  quiet: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
    async ({}, use) => {
      const printed: unknown[][] = [];
      const note = (...what: unknown[]) => {
        printed.push(what);
        return true;
      };
      const spies = [
        ...methods.map((method) => vi.spyOn(console, method).mockImplementation(note)),
        vi.spyOn(process.stdout, 'write').mockImplementation(note),
        vi.spyOn(process.stderr, 'write').mockImplementation(note),
        vi.spyOn(process, 'emitWarning').mockImplementation(note),
      ];
      await use(undefined);
      for (const spy of spies) spy.mockRestore();
      if (printed.length > 0) throw new Error(`printed: ${printed.flat().map(String).join(' ')}`);
    },
    { auto: true },
  ],
});
