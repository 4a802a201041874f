import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type DisturbedRun, mostWaiting, type Places, workers } from './disturbed-run.js';
import { isWhole, type KillName, sumOf, timeouts, writeRow } from './kill-table.js';
import { reach } from './moments.js';
import { setUpRuns } from './set-up.js';
import { mountSmallDisk, type SmallDisk } from './small-disk.js';

const rows = isWhole ? 5_000 : 1_000;
const endsPerRun = isWhole ? 10 : 3;

const { folder, workload, withRun } = setUpRuns(rows);

let disk: SmallDisk | null;
let mounted = 0;
beforeEach(() => {
  mounted += 1;
  disk = mountSmallDisk(join(folder, `disk-${mounted}`), 24);
});
afterEach(() => disk?.unmount());

describe('a run whose disk fills up at random moments, and is started again each time', {
  timeout: timeouts.test,
}, () => {
  it('under its store and its output: it says so in one line, and goes on when there is room', async (context) => {
    const small = required(context);
    const places = { store: join(small.path, 'runs.db'), out: join(small.path, 'out.csv') };
    // What waited for its commit has no place to go.
    await fillRepeatedly('disk full: store and output', small, places, workers + mostWaiting);
  });

  it('under its output only: nothing that was answered is asked again', async (context) => {
    const small = required(context);
    const places = { store: join(folder, 'elsewhere.db'), out: join(small.path, 'out.csv') };
    // What was being asked when it stopped.
    await fillRepeatedly('disk full: output only', small, places, workers);
  });
});

function required({ skip }: TestContext): SmallDisk {
  return disk ?? skip('this process may not mount a tmpfs');
}

function fillRepeatedly(name: KillName, small: SmallDisk, places: Places, askedAgain: number): Promise<void> {
  const fill = async (run: DisturbedRun) => {
    await endOnFullDisk(run, small);
    const figures = await run.finish();
    const bound = workload.distinct + endsPerRun * askedAgain;
    expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
    expect(figures.questions).toBeLessThanOrEqual(bound);
    await writeRow(sumOf(name, endsPerRun, bound, [figures]));
  };
  return withRun(`beside-${mounted}`, fill, places);
}

/** The disk is full before the first start; after that in the middle of the questions, as long as there are some. */
async function endOnFullDisk(run: DisturbedRun, small: SmallDisk): Promise<void> {
  const random = seededRandom(mounted);
  for (let ends = 0; ends < endsPerRun; ends += 1) {
    if (ends === 0) small.fill();
    const { ended } = run.start();
    if (ends > 0) {
      // Enough is left to be written for each of the ends that are still to come.
      const most = (0.9 * run.open) / (endsPerRun - ends);
      await reach({ questions: 1 + Math.floor(random() * most), ms: random() * 10 }, run.server, ended);
      small.fill();
    }
    const { code, stderr } = await ended;
    small.free();
    run.check(`end ${ends}`);
    expect(code, stderr).toBe(3);
    expect(stderr.match(/^error: .*$/gm), stderr).toEqual([
      expect.stringMatching(/\bfull\b.*\[CHORALE_(STORE|OUTPUT)\]$/),
    ]);
  }
}
