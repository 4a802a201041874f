import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isAlive, type ProcessIdentity, thisProcess } from '../../src/foundation/process-identity.js';

const silence = 30_000;
const own = thisProcess();
const isLinux = process.platform === 'linux';

describe('a process that cannot be looked up', () => {
  it.for<readonly [string, Partial<ProcessIdentity>]>([
    ['on another machine', { host: 'gpu-box', place: null }],
    ['on another machine that said where its pids count', { host: 'gpu-box', place: 'gpu-box 1 pid:[2]' }],
    ['in another container of the same host name', { place: `${hostname()} other-boot pid:[1]`, pid: 1 }],
    ['in a container that was restarted since, with our pid', { place: `${hostname()} same-boot pid:[9]` }],
  ])('%s is alive for 30 s after its last sign of life', ([, change]) => {
    const process = { ...own, ...change };
    expect(isAlive(process, silence)).toBe(true);
    expect(isAlive(process, silence + 1)).toBe(false);
  });

  it('is gone too where its last sign of life lies far in the future: a clock was set back', () => {
    const process = { ...own, place: 'elsewhere' };
    expect(isAlive(process, -silence)).toBe(true);
    expect(isAlive(process, -silence - 1)).toBe(false);
  });
});

describe('a process of the same machine', () => {
  it('is no later process of the same number, however lately that one showed a sign of life', ({ skip }) => {
    if (!isLinux) skip('this system does not say when a process began');
    expect(isAlive({ ...own, pid: process.ppid, processStart: 'another start' }, 0)).toBe(false);
    expect(isAlive({ ...own, place: null, processStart: 'another start' }, 0)).toBe(false);
  });

  it('needs signs of life where the system does not say when it began', () => {
    const parent = { ...own, pid: process.ppid, processStart: null };
    expect([isAlive(parent, silence), isAlive(parent, silence + 1)]).toEqual([true, false]);
  });

  it('is alive while it is this one and shows signs of life: it may be a thread that is gone', () => {
    expect([isAlive(own, silence), isAlive(own, silence + 1)]).toEqual([true, false]);
  });

  it('is alive as long as its pid is, and gone as soon as it was killed, also while nobody asks for its exit code', async ({
    skip,
  }) => {
    if (!isLinux) skip('processes are told apart by /proc');
    const statOf = (pid: number) =>
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
    // The shell becomes a program that never asks what became of its child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 60 >/dev/null & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(parent, 'close');
    try {
      const [said] = await once(parent.stdout, 'data');
      const child = { ...own, pid: Number(said), processStart: statOf(Number(said))[19] ?? null };
      expect(isAlive(child, 10 * silence)).toBe(true);
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
      process.kill(child.pid, 'SIGKILL');
      await expect.poll(() => statOf(child.pid)[0]).toBe('Z');
      expect(isAlive(child, 0)).toBe(false);
    } finally {
      parent.kill('SIGKILL');
      await ended;
    }
  });
});
