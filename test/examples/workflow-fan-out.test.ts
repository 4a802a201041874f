import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a fan-out goes on with the carriers that answered', async () => {
  const lines = await runExample('workflow-fan-out');
  expect(lines.slice(0, 13)).toEqual([
    'harbour: 11.30',
    'swift: 12.30',
    '2 gave no price:',
    "  snail: step 'snail' attempt 1: no result within 50 ms",
    '  night: closed on Sundays',
    '',
    'What the store knows of each step:',
    '  pack: completed, attempt 1',
    '  swift: completed, attempt 1',
    '  harbour: completed, attempt 2',
    '  snail: failed, attempt 1',
    '  night: failed, attempt 1',
    '  choose: completed, attempt 1',
  ]);
  expect(lines[14]).toBe('flowchart TD');
  expect(lines).toContain('  class n4 failed');
}, 30_000);
