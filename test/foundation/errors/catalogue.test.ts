import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as evaluate from '../../../src/evaluate/index.js';
import * as main from '../../../src/index.js';
import { type ErrorCode, errorCatalogue } from '../../../src/index.js';
import * as orchestration from '../../../src/orchestration/index.js';
import * as store from '../../../src/store/index.js';
import { samples } from './samples.js';

const entries = Object.entries(errorCatalogue) as [ErrorCode, (typeof errorCatalogue)[ErrorCode]][];
const classNames = Object.entries({ ...orchestration, ...store, ...evaluate, ...main })
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
  .map(([name]) => name)
  .filter((name) => name !== 'ChoraleError');

/** CHORALE_MODEL_CUT_OFF → ModelCutOffError, with the two names that say more than their code. */
function classNameOf(code: ErrorCode): string {
  const special: Partial<Record<ErrorCode, string>> = {
    CHORALE_TASK_FAILED: 'TaskError',
    CHORALE_PARALLEL_FAILED: 'ParallelError',
  };
  const words = code.split('_').slice(1);
  return special[code] ?? `${words.map((word) => word[0] + word.slice(1).toLowerCase()).join('')}Error`;
}

test('every exported error class has a sample here', () => {
  expect(samples.map((error) => error.constructor.name).sort()).toEqual(classNames.sort());
});

test('every code of the catalogue has exactly one class, and every class one code of the catalogue', () => {
  expect(samples.map(({ code }) => code).sort()).toEqual(entries.map(([code]) => code).sort());
});

test('a class is named after its code', () => {
  for (const error of samples) expect(error.constructor.name).toBe(classNameOf(error.code));
});

test('an error is named after its class, and has a message of one line', () => {
  for (const error of samples) {
    expect(error.name).toBe(error.constructor.name);
    expect(error.message).toMatch(/^[^\n]+$/);
    expect(Object.keys(error)).not.toContain('message');
  }
});

test('an exit code is one of the contract; only failures of a request are retried, and only answers once more', () => {
  for (const [code, entry] of entries) {
    expect([1, 2, 3, 4, 5, 6, 130], code).toContain(entry.exitCode);
    if (entry.retryable === true) expect(code).toMatch(/^CHORALE_MODEL_/);
    if (entry.retryable === 'once') expect(code).toMatch(/^CHORALE_ANSWER_/);
    expect(entry.summary, code).toMatch(/^[A-Z].*\.$/);
  }
});

test('docs/errors.md has one row per code, equal to the catalogue, and says what to do', async () => {
  const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `CHORALE_'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
  const documented = rows.map(([code, exitCode, retried, summary]) => ({ code, exitCode, retried, summary }));
  const expected = entries.map(([code, entry]) => ({
    code: `\`${code}\``,
    exitCode: String(entry.exitCode),
    retried: entry.retryable === true ? 'yes' : entry.retryable || 'no',
    summary: entry.summary,
  }));
  expect(documented).toHaveLength(expected.length);
  expect(new Set(documented)).toEqual(new Set(expected));
  for (const row of rows) {
    expect(row).toHaveLength(5);
    expect(row[4]).toMatch(/^[A-Z].{20,}\.$/);
  }
});
