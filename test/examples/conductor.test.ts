import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('three processes start, one fails, and all are stopped', { timeout: 30_000 }, async () => {
  const lines = await runExample('conductor');
  expect(lines.slice(0, 6)).toEqual([
    'conductor: initializing conductor engine',
    'conductor: starting process mailbox',
    'mailbox: "I love it."',
    'conductor: starting process reader',
    'conductor: starting process greeter',
    'greeter: good morning, and that was all',
  ]);
  expect(lines.filter((line) => line.startsWith('mailbox: "'))).toHaveLength(5);
  const end = lines.slice(lines.indexOf('conductor: received stop signal, stopping all processes mailbox'));
  expect(end.slice(0, 6)).toEqual([
    'conductor: received stop signal, stopping all processes mailbox',
    'conductor: stopping process mailbox',
    'mailbox: closed',
    'conductor: stopping process reader',
    'reader: 5 reviews read',
    'conductor: stopping process greeter',
  ]);
  expect(end.slice(-6)).toEqual([
    'conductor: stopped process mailbox',
    'conductor: stopped process reader',
    "greeter: good night, because process 'mailbox' failed: the sixth letter cannot be opened",
    'conductor: stopped process greeter',
    'error of mailbox: Error: the sixth letter cannot be opened',
    'outcome: failed; unfinished: none',
  ]);
});
