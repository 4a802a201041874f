import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { JsonReporter, type Reporter, type TestCase } from 'vitest/node';

/** Absolute, for those who run other tests with this configuration. */
const noLeaks = fileURLToPath(new URL('test/harness/no-leaks.ts', import.meta.url));

const reportFolder = process.env.CHORALE_TEST_REPORTS;

/** The JSON report has no place for the reason of a skip: it goes into the test's meta, where the tally looks for it. */
const skipReasons: Reporter = {
  onTestCaseResult(test: TestCase) {
    const result = test.result();
    if (result.state === 'skipped' && result.note) Object.assign(test.meta(), { skipReason: result.note });
  },
};

function reportsInto(folder: string): Reporter[] {
  const name = `vitest-${new Date().toISOString().replaceAll(/\D/g, '')}-${process.pid}.json`;
  return [skipReasons, new JsonReporter({ outputFile: join(folder, name) })];
}

export default defineConfig({
  test: {
    reporters: ['default', ...(reportFolder ? reportsInto(reportFolder) : [])],
    allowOnly: process.env.CI !== 'true',
    // What was built runs as it is.
    server: { deps: { external: [/\/dist\//] } },
    coverage: {
      provider: 'v8',
      include: ['src/orchestration/**'],
      reporter: ['text'],
      thresholds: { 'src/orchestration/**': { lines: 95, branches: 95 } },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/durability/**', 'test/live/**'],
          // The files share a process and its modules: most of them load the same ones. Processes, as tests change the folder.
          pool: 'forks',
          isolate: false,
          maxWorkers: '100%',
          // Some tests start processes, which take their time on a busy machine.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          setupFiles: [noLeaks],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'durability',
          include: ['test/durability/**/*.test.ts'],
          fileParallelism: false,
          setupFiles: [noLeaks],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          globalSetup: ['test/live/server.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
