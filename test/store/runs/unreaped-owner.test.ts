import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isAlive, thisProcess } from '../../../src/store/runs/process-owner.js';

const statOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');

it('an owner that was killed is gone, also while nobody has asked for its exit code', async ({ skip }) => {
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
    expect(isAlive(owner, 0, 0)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => statOf(pid)[0]).toBe('Z');
    expect(isAlive(owner, 0, 0)).toBe(false);
  } finally {
    parent.kill('SIGKILL');
    await ended;
  }
});
