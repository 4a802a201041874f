import { expect, test } from 'vitest';
import { nodeRuntime } from '../../src/foundation/node-runtime.js';

/** As if the system had sent it; nobody but the process's own listeners hears. */
function send(name: NodeJS.Signals): void {
  process.emit(name, name);
}

test('signals of the process come by name, until the listener is taken off', () => {
  const before = [process.listenerCount('SIGUSR2'), process.listenerCount('SIGWINCH')];
  const heard: string[] = [];
  const release = nodeRuntime.onSignal(['SIGUSR2', 'SIGWINCH'], (name) => void heard.push(name));
  send('SIGUSR2');
  send('SIGWINCH');
  send('SIGUSR2');
  expect(heard).toEqual(['SIGUSR2', 'SIGWINCH', 'SIGUSR2']);
  release();
  release();
  expect([process.listenerCount('SIGUSR2'), process.listenerCount('SIGWINCH')]).toEqual(before);
});

test('two listeners that are the same function are two', () => {
  let heard = 0;
  const listener = () => {
    heard += 1;
  };
  const first = nodeRuntime.onSignal(['SIGUSR2'], listener);
  const second = nodeRuntime.onSignal(['SIGUSR2'], listener);
  first();
  first();
  send('SIGUSR2');
  expect(heard).toBe(1);
  second();
});

test.each(['SIGKILL', 'SIGSTOP', 'SIGFOO', 'sigint'])('nobody can listen to %s', (name) => {
  const before = process.listenerCount('SIGUSR2');
  expect(() => nodeRuntime.onSignal(['SIGUSR2', name], () => {})).toThrow(
    new RegExp(`^option signals must be of .*SIGINT.*SIGTERM.*, but is '${name}' \\(string\\)$`),
  );
  expect(process.listenerCount('SIGUSR2')).toBe(before);
});
