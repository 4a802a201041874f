import { expect, it } from 'vitest';
import { watchSilence } from '../../../src/cli/progress/silence-watch.js';
import { createManualClock } from '../../../src/testing/index.js';

it('says after 5 s that nothing is heard, then less and less often, and begins anew when something is', async () => {
  const clock = createManualClock();
  const said: string[] = [];
  const silence = watchSilence((waiting) => said.push(waiting), clock);
  await clock.advance(40_000);
  expect(said).toEqual(['waiting 5 s', 'waiting 15 s', 'waiting 35 s']);
  silence.heard();
  await clock.advance(5_000);
  expect(said.at(-1)).toBe('waiting 5 s');
  silence.stop();
  expect(clock.pendingTimers).toBe(0);
});
