import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nodeRuntime } from '../../src/foundation/runtime.js';

test('the host is the machine that Node runs on', () => {
  expect(nodeRuntime.cpuCount()).toBe(availableParallelism());
  expect(Number.isInteger(nodeRuntime.wallTime())).toBe(true);
  const before = nodeRuntime.now();
  expect(nodeRuntime.now()).toBeGreaterThanOrEqual(before);
  expect(nodeRuntime.random()).toBeGreaterThanOrEqual(0);
  expect(nodeRuntime.random()).toBeLessThan(1);
});

describe('a timer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('calls back once', () => {
    const callback = vi.fn();
    nodeRuntime.setTimer(100, callback);
    vi.advanceTimersByTime(99);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('can be cancelled', () => {
    const callback = vi.fn();
    nodeRuntime.setTimer(100, callback)();
    vi.advanceTimersByTime(100);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  const day = 86_400_000;

  test('may be longer than the 24.8 days that Node can count', () => {
    const callback = vi.fn();
    nodeRuntime.setTimer(60 * day, callback);
    vi.advanceTimersByTime(60 * day - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('can be cancelled after 30 days, too', () => {
    const callback = vi.fn();
    const cancel = nodeRuntime.setTimer(60 * day, callback);
    vi.advanceTimersByTime(30 * day);
    cancel();
    vi.advanceTimersByTime(60 * day);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('the next turn', () => {
  test('comes after the promises of this one, and once', async () => {
    const order: string[] = [];
    const called = new Promise<void>((resolve) => {
      nodeRuntime.nextTurn(() => {
        order.push('turn');
        resolve();
      });
    });
    await Promise.resolve().then(() => void order.push('promise'));
    await called;
    expect(order).toEqual(['promise', 'turn']);
  });

  test('can be cancelled', async () => {
    const cancel = nodeRuntime.nextTurn(() => expect.fail('called'));
    cancel();
    await new Promise<void>((resolve) => void nodeRuntime.nextTurn(resolve));
  });
});

describe('signals of the system', () => {
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
});
