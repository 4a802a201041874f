import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphPausedError, WorkflowPausedError } from '../../../src/orchestration/index.js';
import { isWhole, writeKilledStepsRow } from '../killed-runs/kill-table.js';
import { compileKilledProcess } from './killed/compile.js';
import { Lives } from './killed/lives.js';
import { goOnWithPausedGraph, runGraphUnanswered } from './killed/paused-graph.js';
import { goOnWithPausedWorkflow, runUnanswered } from './killed/paused-workflow.js';
import { killAtRandom } from './killed/random-kills.js';
import { graphRecords, type Records, workflowRecords } from './killed/records.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-pause-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

let program: string;
beforeAll(() => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
}, 120_000);

test.each([
  {
    name: 'workflow',
    kind: 'paused-workflow',
    row: 'paused workflow: steps and items',
    kills: isWhole ? 150 : 40,
    recordsOf: workflowRecords,
    runs: 'workflow_runs',
    outputOf: async (lives: Lives) => (await goOnWithPausedWorkflow(lives.path, lives.log)).output,
    unanswered: runUnanswered,
    pauses: 4,
  },
  {
    name: 'graph',
    kind: 'paused-graph',
    row: 'paused graph: nodes',
    kills: isWhole ? 150 : 40,
    recordsOf: graphRecords,
    runs: 'graph_runs',
    outputOf: async (lives: Lives) => (await goOnWithPausedGraph(lives.path, lives.log)).state.data.parts.join('\n'),
    unanswered: runGraphUnanswered,
    pauses: 3,
  },
] as const)(
  'a $name that asks, whose process is killed $kills times, stays paused and uses each answer once',
  {
    timeout: isWhole ? 900_000 : 300_000,
  },
  async ({ kind, row, kills, recordsOf, runs, outputOf, unanswered, pauses }) => {
    const livesOf = (name: string) => new Lives(program, kind, join(folder, `${kind}-${name}.db`));
    const expected = anyNumber(await outputOf(livesOf('whole')));
    let foundPaused = 0;
    const counts = await killAtRandom({
      kills,
      mostWrites: 40,
      livesOf,
      recordsOf,
      async afterKill(lives, records) {
        const statusSql = `SELECT status FROM ${runs}`;
        const status = lives.read(runs, (database) => database.prepare(statusSql).get()?.status, undefined);
        if (status !== 'paused') return;
        foundPaused += 1;
        const before = lives.ledger().ran.length;
        const error = await unanswered(lives.path, lives.log);
        if (!(error instanceof WorkflowPausedError || error instanceof GraphPausedError)) throw error;
        const reasons = namesOf(records, 'pause').filter((place) => !records.has(`answer at ${place}`));
        expect(error.pauses).toHaveLength(reasons.length);
        for (const [index, place] of reasons.entries()) {
          expect(String(records.get(`pause at ${place}`))).toContain(error.pauses[index]?.reason);
          expect(String(records.get(`pause at ${place}`))).toContain(JSON.stringify(error.pauses[index]?.payload));
        }
        expect(recordsOf(lives)).toEqual(records);
        expect(lives.ledger().ran).toHaveLength(before);
      },
      async atEnd(lives, records) {
        const output = String(await outputOf(lives));
        expect(anyNumber(output)).toBe(expected);
        const answers = namesOf(records, 'answer').map((place) => String(records.get(`answer at ${place}`)));
        expect(answers).toHaveLength(pauses);
        // Each answer is in the output once, and no other was used at its place, however often the step ran.
        for (const answer of answers) expect(output.split('\n').filter((line) => line === answer)).toHaveLength(1);
        expect(new Set(lives.ledger().used).size).toBe(pauses);
      },
    });
    expect(counts).toMatchObject({ kills, lost: 0, repeated: 0 });
    expect(foundPaused).toBeGreaterThan(0);
    await writeKilledStepsRow(row, counts);
  },
);

function namesOf(records: Records, what: 'pause' | 'answer'): string[] {
  const start = `${what} at `;
  return [...records.keys()].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
}

/** Without the number of each answer, which depends on the kills. */
function anyNumber(output: unknown): string {
  return String(output).replaceAll(/#\d+/g, '#');
}
