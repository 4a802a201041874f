import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { runCli } from '../../harness/run-cli.js';
import { answerTo, startAnsweringServer } from './answering-server.js';
import { type Output, readOutput } from './compare-outputs.js';
import { analyzeArgs, DisturbedRun, type Places } from './disturbed-run.js';
import { timeouts } from './kill-table.js';
import { type Workload, writeWorkload } from './workload.js';

/** What the tests of a file disturb. */
export interface SetUp {
  readonly folder: string;
  readonly workload: Workload;
  /** Gives the work a run over the workload, with a server of its own, which is closed afterwards. */
  withRun(name: string, work: (run: DisturbedRun) => Promise<void>, places?: Partial<Places>): Promise<void>;
}

/** Writes a workload of so many rows, and runs the command over it undisturbed before the tests of the file. */
export function setUpRuns(rows: number): SetUp {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-disturbed-'));
  const workload = writeWorkload(folder, rows);
  let expected: Output;
  beforeAll(async () => {
    expected = await runUndisturbed(folder, workload);
    return () => rmSync(folder, { recursive: true, force: true });
  }, timeouts.before);
  return {
    folder,
    workload,
    async withRun(name, work, places) {
      const server = await startAnsweringServer();
      try {
        await work(DisturbedRun.create(join(folder, name), workload, server, expected, places));
      } finally {
        await server.close();
      }
    },
  };
}

/** Runs the command once from its beginning to its end, and holds its output against what the server says of each text. */
async function runUndisturbed(folder: string, workload: Workload): Promise<Output> {
  const server = await startAnsweringServer();
  try {
    const places = { store: join(folder, 'undisturbed.db'), out: join(folder, 'undisturbed.csv') };
    const { code, stderr } = await runCli(analyzeArgs(workload, server, places));
    expect(code, stderr).toBe(0);
    const output = readOutput(places.out);
    const place = (name: string) => output.columns.indexOf(`chorale_${name}`);
    expect(output.rows.map((row) => [row[place('index')], row[place('sentiment')]])).toEqual(
      workload.texts.map((text, index) => [String(index), text.trim() === '' ? '' : answerTo(text).label]),
    );
    expect(server.asked, 'questions of an undisturbed run').toBe(workload.distinct);
    return output;
  } finally {
    await server.close();
  }
}
