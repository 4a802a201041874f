import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWhole, writeKilledStepsRow } from '../killed-runs/kill-table.js';
import { compileKilledProcess } from './killed/compile.js';
import { Lives } from './killed/lives.js';
import { goOnWithNestedGraph, mostInFlight } from './killed/nested-graph.js';
import { killAtRandom } from './killed/random-kills.js';
import { nestedGraphRecords } from './killed/records.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-nested-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kills = isWhole ? 300 : 60;

let program: string;
beforeAll(() => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
}, 120_000);

test(`a graph with subgraphs and branches whose process is killed ${kills} times runs nothing again that was recorded`, {
  timeout: isWhole ? 900_000 : 300_000,
}, async () => {
  const livesOf = (name: string) => new Lives(program, 'nested-graph', join(folder, `${name}.db`));
  const whole = livesOf('whole');
  const { state, path } = await goOnWithNestedGraph(whole.path, whole.log);
  const expected = [state.data, path];
  const { ran } = whole.ledger();
  expect(new Set(ran).size).toBe(ran.length);
  // Two nodes and three of each subgraph, two branches, 24 items.
  expect(ran).toHaveLength(2 + 6 + 2 + 24);
  const counts = await killAtRandom({
    kills,
    mostWrites: 80,
    livesOf,
    recordsOf: nestedGraphRecords,
    async atEnd(lives, records) {
      const { ran: before } = lives.ledger();
      const end = await goOnWithNestedGraph(lives.path, lives.log);
      expect([end.state.data, end.path]).toEqual(expected);
      expect(lives.ledger().ran).toHaveLength(before.length);
      expect(records.size).toBeGreaterThanOrEqual(ran.length);
    },
  });
  expect(counts).toMatchObject({ kills, lost: 0, repeated: 0, recorded: counts.runs * ran.length });
  expect(counts.executed).toBeLessThanOrEqual(counts.recorded + kills * mostInFlight);
  await writeKilledStepsRow('graph with subgraphs and branches: nodes and items', counts);
});
