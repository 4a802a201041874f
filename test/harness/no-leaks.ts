import { afterAll, aroundEach } from 'vitest';
import { watchLeaks } from './leak-watch.js';

const watch = watchLeaks();

/** Tests that run side by side are looked at together, when the last of them has ended. */
let running = 0;

aroundEach(async (runTest) => {
  if (running === 0) watch.begin();
  running += 1;
  try {
    await runTest();
  } finally {
    running -= 1;
  }
  if (running === 0) complain('the test', await watch.end());
});

afterAll(async () => complain('the file, outside its tests,', await watch.endOfFile()));

function complain(who: string, leaks: readonly string[]): void {
  if (leaks.length > 0) throw new Error(`${who} left behind:\n${leaks.map((leak) => `- ${leak}`).join('\n')}`);
}
