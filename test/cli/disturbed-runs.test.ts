import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startAnsweringServer } from '../durability/killed-runs/answering-server.js';
import type { Output } from '../durability/killed-runs/compare-outputs.js';
import { DisturbedRun, mostWaiting, workers } from '../durability/killed-runs/disturbed-run.js';
import { reach } from '../durability/killed-runs/moments.js';
import { mountSmallDisk } from '../durability/killed-runs/small-disk.js';
import { runUndisturbed } from '../durability/killed-runs/undisturbed-run.js';
import { type Workload, writeWorkload } from '../durability/killed-runs/workload.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-disturbed-'));

let workload: Workload;
let expected: Output;

beforeAll(async () => {
  workload = writeWorkload(folder, 300);
  expected = await runUndisturbed(folder, workload);
  return () => rmSync(folder, { recursive: true, force: true });
});

// test/durability/killed-runs does the same at many random moments.
describe('a run that ends in its middle loses nothing and resumes', () => {
  const during = { questions: 60, ms: 0 };

  async function complete(run: DisturbedRun, askedAgain: number): Promise<void> {
    const figures = await run.finish();
    expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
    expect(figures.questions).toBeLessThanOrEqual(workload.distinct + askedAgain);
  }

  it.each([
    ['SIGKILL', workers + mostWaiting],
    ['SIGTERM', workers],
  ] as const)('after %s', async (signal, askedAgain) => {
    const server = await startAnsweringServer();
    try {
      const run = DisturbedRun.create(join(folder, signal), workload, server, expected);
      const { child, ended } = run.start();
      await reach(during, server, ended);
      child.kill(signal);
      const end = await ended;
      expect(end).toMatchObject(signal === 'SIGKILL' ? { signal } : { code: 130 });
      run.check(signal);
      await complete(run, askedAgain);
    } finally {
      await server.close();
    }
  });

  it('after its disk is full', async ({ skip }) => {
    const disk = mountSmallDisk(join(folder, 'disk'), 24) ?? skip('this process may not mount a tmpfs');
    const server = await startAnsweringServer();
    try {
      const places = { store: join(disk.path, 'runs.db'), out: join(disk.path, 'out.csv') };
      const run = DisturbedRun.create(join(folder, 'beside'), workload, server, expected, places);
      const { ended } = run.start();
      await reach(during, server, ended);
      disk.fill();
      const { code, stderr } = await ended;
      disk.free();
      expect(code, stderr).toBe(3);
      expect(stderr).toMatch(/^error: .*\bfull\b.*\[CHORALE_(STORE|OUTPUT)\]$/m);
      run.check('a full disk');
      await complete(run, workers + mostWaiting);
    } finally {
      await server.close();
      disk.unmount();
    }
  });
});
