import { expect, test } from 'vitest';
import { createManualClock } from '../../src/testing/index.js';

test('signals come when they are told, to those who listen to them', () => {
  const clock = createManualClock();
  const heard: string[] = [];
  const release = clock.onSignal(['SIGINT', 'SIGTERM'], (name) => void heard.push(`first ${name}`));
  clock.onSignal(['SIGTERM'], (name) => void heard.push(`second ${name}`));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) clock.emitSignal(name);
  expect(heard).toEqual(['first SIGINT', 'first SIGTERM', 'second SIGTERM']);
  release();
  clock.emitSignal('SIGTERM');
  expect(heard).toEqual(['first SIGINT', 'first SIGTERM', 'second SIGTERM', 'second SIGTERM']);
  expect(clock.signalListeners).toBe(1);
});
