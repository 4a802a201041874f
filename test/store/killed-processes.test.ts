import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileKilledProcess } from '../durability/store/killed/compile.js';
import { goOnWithGraph } from '../durability/store/killed/graph.js';
import { Lives } from '../durability/store/killed/lives.js';
import { goOnWithMap, itemCount } from '../durability/store/killed/map.js';
import { killAtRandom } from '../durability/store/killed/random-kills.js';
import { workflowRecords } from '../durability/store/killed/records.js';
import { goOnWithWorkflow } from '../durability/store/killed/workflow.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-killed-'));
afterAll(() => rmSync(folder, { recursive: true }));

let program: string;
beforeAll(() => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
});

// test/durability/store kills at every write.
test.each([
  { kind: 'graph', resume: goOnWithGraph, stepOf: (line: string) => line },
  { kind: 'workflow', resume: goOnWithWorkflow, stepOf: (line: string) => line.replace(/ .*/, '') },
] as const)('a process that runs a $kind and is killed loses nothing that it reported', async (given) => {
  const { kind, resume, stepOf } = given;
  const lives = new Lives(program, kind, join(folder, `${kind}.db`));
  expect((await lives.next({ write: 50, moment: 'before' })).signal).toBe('SIGKILL');
  expect(lives.isWhole()).toBe(true);
  const before = lives.ledger();
  const completed = before.told.map(stepOf);
  expect(completed.length).toBeGreaterThan(2);
  await resume(lives.path, lives.log);
  const resumed = lives.ledger().ran.slice(before.ran.length);
  expect(resumed.length).toBeGreaterThan(0);
  expect(resumed.filter((step) => completed.includes(step))).toEqual([]);
});

test('a durable map whose process is killed at random moments loses no recorded item, and runs none again', async () => {
  const counts = await killAtRandom({
    kills: 4,
    mostWrites: 600,
    livesOf: (name) => new Lives(program, 'map', join(folder, `map-${name}.db`)),
    recordsOf: workflowRecords,
    async atEnd({ path, log }) {
      expect((await goOnWithMap(path, log)).output.checked).toHaveLength(itemCount);
    },
  });
  expect(counts).toMatchObject({ kills: 4, lost: 0, repeated: 0 });
});
