import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { isAlive, thisProcess } from '../../../src/store/runs/process-owner.js';

describe('the process that has a run', () => {
  const owner = thisProcess(5);

  test('is alive while it is this one and says so', () => {
    expect(isAlive(owner, 1_000, 1_500)).toBe(true);
    expect(isAlive(owner, 1_000, 31_001)).toBe(false);
    expect(isAlive(null, 1_000, 1_000)).toBe(false);
  });

  test('elsewhere is alive for 30 seconds after its last word', () => {
    const elsewhere = { ...owner, place: 'another machine' };
    expect(isAlive(elsewhere, 1_000, 31_000)).toBe(true);
    expect(isAlive(elsewhere, 1_000, 31_001)).toBe(false);
  });

  test('here is alive as long as its pid is, and is no later process of the same pid', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const pid = child.pid ?? 0;
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.once('spawn', resolve));
    expect(isAlive({ ...owner, pid, processStart: 'another start' }, 0, 0)).toBe(false);
    child.kill('SIGKILL');
    await closed;
    expect(isAlive({ ...owner, pid }, 0, 0)).toBe(false);
  });
});
