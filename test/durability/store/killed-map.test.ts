import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWhole, writeKilledStepsRow } from '../killed-runs/kill-table.js';
import { compileKilledProcess } from './killed/compile.js';
import { Lives } from './killed/lives.js';
import { concurrency, goOnWithMap, itemCount } from './killed/map.js';
import { killAtRandom } from './killed/random-kills.js';
import { workflowRecords } from './killed/records.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-map-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kills = isWhole ? 300 : 60;

let program: string;
const livesOf = (name: string) => new Lives(program, 'map', join(folder, `${name}.db`));

const checked = Array.from({ length: itemCount }, (_, index) => `${index}: ${index * 3 + 1}`);

/** What an undisturbed process comes to. */
let expected: unknown;

beforeAll(async () => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
  const whole = livesOf('whole');
  ({ output: expected } = await goOnWithMap(whole.path, whole.log));
  expect(new Set(whole.ledger().ran).size).toBe(whole.ledger().ran.length);
  expect(expected).toEqual({ checked, total: itemCount + (3 * itemCount * (itemCount - 1)) / 2 });
}, 120_000);

test(`a durable map of ${itemCount} items whose process is killed ${kills} times loses no recorded item and runs none again`, {
  timeout: isWhole ? 1_200_000 : 300_000,
}, async () => {
  const counts = await killAtRandom({
    kills,
    mostWrites: 120,
    livesOf,
    recordsOf: workflowRecords,
    async afterKill(_, records) {
      const items = [...records.keys()].filter((key) => key.startsWith('check '));
      for (const key of items) expect(records.get(key)).toBe(JSON.stringify(checked[Number(key.slice(6))]));
    },
    async atEnd(lives) {
      const ran = lives.ledger().ran.length;
      expect((await goOnWithMap(lives.path, lives.log)).output).toEqual(expected);
      expect(lives.ledger().ran).toHaveLength(ran);
    },
  });
  expect(counts).toMatchObject({ kills, lost: 0, repeated: 0, recorded: counts.runs * (itemCount + 2) });
  // What a kill takes: the items in flight.
  expect(counts.executed).toBeLessThanOrEqual(counts.recorded + kills * concurrency);
  await writeKilledStepsRow('durable map: items', counts);
});
