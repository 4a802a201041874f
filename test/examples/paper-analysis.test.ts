import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a chain shows progress, accumulation, intermediates and a failure', async () => {
  const lines = await runExample('paper-analysis');
  expect(lines.slice(0, 4)).toEqual([
    'Section 1/4 (Introduction): 18 words so far',
    'Section 2/4 (Method): 35 words so far',
    'Section 3/4 (Results): 54 words so far',
    'Section 4/4 (Discussion): 70 words so far',
  ]);
  expect(lines).toContain('Sources: Lind 1998; Okoye 2011; Moreau 2019');
  expect(lines.filter((line) => line.startsWith('  after '))).toHaveLength(5);
  expect(lines).toContain('  after 4 sections: 3 sources, 3 findings');
  expect(lines.slice(-2)).toEqual([
    "  chain failed at step 2: the section 'Results' has no text",
    '  2 sections are read, and their notes kept: {"words":35,"sources":["Lind 1998","Okoye 2011"],"findings":[]}',
  ]);
}, 30_000);
