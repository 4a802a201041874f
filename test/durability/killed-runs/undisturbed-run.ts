import { join } from 'node:path';
import { expect } from 'vitest';
import { runCliProcess } from '../../harness/cli-process.js';
import { answerTo, startAnsweringServer } from './answering-server.js';
import { type Output, readOutput } from './compare-outputs.js';
import { analyzeArgs } from './disturbed-run.js';
import type { Workload } from './workload.js';

/** Runs the command once from its beginning to its end, and holds its output against what the server says of each text. */
export async function runUndisturbed(folder: string, workload: Workload): Promise<Output> {
  const server = await startAnsweringServer();
  try {
    const places = { store: join(folder, 'undisturbed.db'), out: join(folder, 'undisturbed.csv') };
    const { code, stderr } = await runCliProcess(analyzeArgs(workload, server, places));
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
