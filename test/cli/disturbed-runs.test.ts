import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DisturbedRun, mostWaiting, workers } from '../durability/killed-runs/disturbed-run.js';
import { reach } from '../durability/killed-runs/moments.js';
import { setUpRuns } from '../durability/killed-runs/set-up.js';
import { mountSmallDisk } from '../durability/killed-runs/small-disk.js';

const { folder, workload, withRun } = setUpRuns(150);

// test/durability/killed-runs does the same at many random moments.
describe('a run that ends in its middle loses nothing and resumes', () => {
  const during = { questions: 40, ms: 0 };

  async function complete(run: DisturbedRun, askedAgain: number): Promise<void> {
    const figures = await run.finish();
    expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
    expect(figures.questions).toBeLessThanOrEqual(workload.distinct + askedAgain);
  }

  it.each([
    ['SIGKILL', workers + mostWaiting],
    ['SIGTERM', workers],
  ] as const)('after %s', (signal, askedAgain) =>
    withRun(signal, async (run) => {
      const { child, ended } = run.start();
      await reach(during, run.server, ended);
      child.kill(signal);
      expect(await ended).toMatchObject(signal === 'SIGKILL' ? { signal } : { code: 130 });
      run.check(signal);
      await complete(run, askedAgain);
    }),
  );

  it('after its disk is full', async ({ skip }) => {
    const disk = mountSmallDisk(join(folder, 'disk'), 24) ?? skip('this process may not mount a tmpfs');
    const places = { store: join(disk.path, 'runs.db'), out: join(disk.path, 'out.csv') };
    const fill = async (run: DisturbedRun) => {
      const { ended } = run.start();
      await reach(during, run.server, ended);
      disk.fill();
      const { code, stderr } = await ended;
      disk.free();
      expect(code, stderr).toBe(3);
      expect(stderr).toMatch(/^error: .*\bfull\b.*\[CHORALE_(STORE|OUTPUT)\]$/m);
      run.check('a full disk');
      await complete(run, workers + mostWaiting);
    };
    await withRun('beside', fill, places).finally(() => disk.unmount());
  });
});
