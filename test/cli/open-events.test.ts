import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { openEvents } from '../../src/cli/open-events.js';
import { createEmit } from '../../src/foundation/events/observers.js';

const progress = { worker_id: 0, item_index: 0, total_items: 1 };

test('a disk that is full is told once, however many parts tell events', async (ctx) => {
  if (!existsSync('/dev/full')) ctx.skip('this system has no /dev/full');
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const { observer, close } = await openEvents('/dev/full', 'pino', process);
  const parts = ['the run', 'a worker', 'an agent'].map((source) => createEmit(observer, source, () => 0));
  for (let index = 0; index < 1_000; index += 1) for (const emit of parts) emit?.('worker.start', progress);
  await expect(close()).rejects.toMatchObject({ code: 'CHORALE_OUTPUT' });
  for (const emit of parts) emit?.('worker.start', progress);
  expect(warn.mock.calls).toEqual([
    ['an observer threw and is ignored from now on: ENOSPC: no space left on device, write', 'ChoraleWarning'],
  ]);
  warn.mockRestore();
});
