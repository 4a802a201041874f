import { expect, it } from 'vitest';
import { onePerKeyPress } from '../../src/cli/run-until-interrupted.js';
import { createManualClock } from '../../src/testing/index.js';

function listening() {
  const clock = createManualClock();
  const heard: string[] = [];
  const release = onePerKeyPress(clock).onSignal(['SIGINT', 'SIGTERM'], (name) => heard.push(name));
  return { clock, heard, release };
}

it('hears signals of one key press once, whatever their names', async () => {
  const { clock, heard } = listening();
  clock.emitSignal('SIGINT');
  await clock.advance(30);
  clock.emitSignal('SIGINT');
  clock.emitSignal('SIGTERM');
  expect(heard).toEqual(['SIGINT']);
});

it('hears the next key press, however many signals came before', async () => {
  const { clock, heard } = listening();
  for (let ms = 0; ms < 500; ms += 100) {
    clock.emitSignal('SIGINT');
    await clock.advance(100);
  }
  clock.emitSignal('SIGTERM');
  expect(heard).toEqual(['SIGINT', 'SIGTERM']);
});

it('takes its listener off', () => {
  const { clock, release } = listening();
  expect(clock.signalListeners).toBe(1);
  release();
  expect(clock.signalListeners).toBe(0);
});
