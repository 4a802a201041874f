import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { compileKilledProcess } from './killed/compile.js';
import { Lives } from './killed/lives.js';
import { goOnWithMap, mapItems } from './killed/map.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-map-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

let program: string;
beforeAll(() => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
});

const kills = 300;
const output = { sum: mapItems * (mapItems - 1), answers: ['FIRST?', 'SECOND?'] };

/** What has been committed: the items, or all of them once the step has completed; the answers; whether the run is over. */
function committedIn(lives: Lives) {
  const rows = (table: string, sql: string) => lives.read(table, (database) => database.prepare(sql).all(), []);
  const steps = rows('workflow_steps', "SELECT step FROM workflow_steps WHERE status = 'completed'").map(
    ({ step }) => step,
  );
  const items = rows('workflow_items', 'SELECT item FROM workflow_items WHERE item >= 0').map(({ item }) =>
    String(item),
  );
  const all = Array.from({ length: mapItems }, (_, n) => String(n));
  const answers = rows('workflow_pauses', 'SELECT number, value FROM workflow_pauses WHERE answered_at IS NOT NULL');
  return {
    ran: new Set([...(steps.includes('each') ? all : items), ...steps.map(String)]),
    answers: answers.map(({ number, value }) => `${number} ${value}`),
  };
}

test(`a durable map of ${mapItems} items and its pauses lose nothing that was committed, and run none of it twice, over ${kills} kills`, {
  timeout: 900_000,
}, async () => {
  const random = seededRandom(20);
  let killed = 0;
  for (let run = 0; killed < kills; run += 1) {
    const lives = new Lives(program, 'map', join(folder, `${run}.db`));
    for (let signal: NodeJS.Signals | null = 'SIGKILL'; signal !== null && killed < kills; ) {
      const before = committedIn(lives);
      const ranBefore = lives.ledger().ran.length;
      const write = 1 + Math.floor(random() * 160);
      ({ signal } = await lives.next({ write, moment: random() < 0.5 ? 'before' : 'after' }));
      if (signal !== null) killed += 1;
      const after = committedIn(lives);
      expect(
        lives
          .ledger()
          .ran.slice(ranBefore)
          .filter((what) => before.ran.has(what)),
      ).toEqual([]);
      expect([...before.ran].filter((what) => !after.ran.has(what))).toEqual([]);
      expect(after.answers.slice(0, before.answers.length)).toEqual(before.answers);
    }
    expect(lives.isWhole()).toBe(true);
    expect(await goOnWithMap(lives.path, lives.log)).toEqual(output);
  }
});
