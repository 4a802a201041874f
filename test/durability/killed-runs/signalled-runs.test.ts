import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type DisturbedRun, workers } from './disturbed-run.js';
import { isWhole, sumOf, timeouts, writeRow } from './kill-table.js';
import { drawMoment, reach } from './moments.js';
import { setUpRuns } from './set-up.js';

const rows = isWhole ? 5_000 : 1_000;
const endsPerRun = isWhole ? 10 : 4;

const { workload, withRun } = setUpRuns(rows);

describe('a run that is told to stop at random moments, and started again each time', {
  timeout: timeouts.test,
}, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: says so in one line, records every answer, and closes its store',
    (signal) =>
      withRun(signal, async (run) => {
        await stopRepeatedly(run, signal);
        const figures = await run.finish();
        expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
        // Only what was being asked is asked again.
        const bound = workload.distinct + endsPerRun * workers;
        expect(figures.questions).toBeLessThanOrEqual(bound);
        await writeRow(sumOf(signal, endsPerRun, bound, [figures]));
      }),
  );
});

async function stopRepeatedly(run: DisturbedRun, signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
  const random = seededRandom(endsPerRun);
  for (let ends = 0; ends < endsPerRun; ) {
    const moment = drawMoment(random, run.open, endsPerRun - ends);
    const asked = run.server.asked;
    const { child, ended } = run.start();
    await reach(moment, run.server, ended);
    child.kill(signal);
    const end = await ended;
    run.check(`end ${ends}, ${moment.ms.toFixed()} ms after question ${moment.questions}`);
    if (end.code === 0) continue;
    ends += 1;
    if (end.signal === signal) {
      // Node had not begun to run the program yet, or had nothing left to do.
      if (run.server.asked !== asked) expect(run.isComplete(), end.stderr).toBe(true);
      continue;
    }
    expect(end.code, end.stderr).toBe(130);
    expect(end.stderr.match(/^error: .*$/gm), end.stderr).toEqual([
      expect.stringMatching(new RegExp(`interrupted by ${signal}.*\\[CHORALE_INTERRUPTED\\]$`)),
    ]);
    expect(existsSync(`${run.places.store}-wal`), 'a log that waits for the next process').toBe(false);
  }
}
