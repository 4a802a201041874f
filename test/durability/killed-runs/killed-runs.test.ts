import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type DisturbedRun, type Figures, mostWaiting, workers } from './disturbed-run.js';
import { isWhole, sumOf, timeouts, writeRow } from './kill-table.js';
import { drawMoment, reach } from './moments.js';
import { setUpRuns } from './set-up.js';

const rows = isWhole ? 5_000 : 2_000;
const seeds = isWhole ? [1, 2, 3, 4] : [1, 2, 3];
const killsPerRun = isWhole ? 25 : 10;

const { workload, withRun } = setUpRuns(rows);

describe('a run that is killed (SIGKILL) at random moments, and started again each time', {
  timeout: timeouts.test,
}, () => {
  const runs: Figures[] = [];

  it.each(seeds)(`${killsPerRun} times, seed %i: loses nothing, doubles nothing, asks little again`, (seed) =>
    withRun(`seed-${seed}`, async (run) => {
      await killRepeatedly(run, seed);
      const figures = await run.finish();
      runs.push(figures);
      expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
      expect(figures.questions).toBeLessThanOrEqual(boundOf(1));
    }),
  );

  it('and all that is in docs/reliability.md', async () => {
    expect(runs).toHaveLength(seeds.length);
    await writeRow(sumOf('SIGKILL', seeds.length * killsPerRun, boundOf(seeds.length), runs));
  });
});

async function killRepeatedly(run: DisturbedRun, seed: number): Promise<void> {
  const random = seededRandom(seed);
  for (let kills = 0; kills < killsPerRun; ) {
    const moment = drawMoment(random, run.open, killsPerRun - kills);
    const { child, ended } = run.start();
    await reach(moment, run.server, ended);
    child.kill('SIGKILL');
    const { code, signal, stderr } = await ended;
    // Where the process was quicker than the moment, it had come to its end.
    if (signal === 'SIGKILL') kills += 1;
    else expect(code, stderr).toBe(0);
    run.check(`seed ${seed}, kill ${kills}, ${moment.ms.toFixed()} ms after question ${moment.questions}`);
  }
}

/** Every text once, and what each kill may take with it: what was being asked, and what waited for its commit. */
function boundOf(count: number): number {
  return count * (workload.distinct + killsPerRun * (workers + mostWaiting));
}
