import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { hasEnded } from '../../src/dataset/process-mark.js';
import { isAlive, thisProcess } from '../../src/store/runs/process-owner.js';

const statOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');

it('an owner of a run or a lock that was killed is gone, also while nobody has asked for its exit code', async ({
  skip,
}) => {
  if (process.platform !== 'linux') skip('processes are told apart by /proc');
  // The shell becomes a program that never asks what became of its child.
  const parent = spawn('/bin/sh', ['-c', 'sleep 60 >/dev/null & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(parent, 'close');
  try {
    const [said] = await once(parent.stdout, 'data');
    const pid = Number(said);
    const owner = { ...thisProcess(0), pid, processStart: statOf(pid)[19] ?? null };
    const mark = { pid, host: hostname(), started: owner.processStart };
    expect(isAlive(owner, 0, 0)).toBe(true);
    expect(hasEnded(mark)).toBe(false);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => statOf(pid)[0]).toBe('Z');
    expect(isAlive(owner, 0, 0)).toBe(false);
    expect(hasEnded(mark)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
    await ended;
  }
});
