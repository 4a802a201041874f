import { describe, expect, test } from 'vitest';
import { GroupCommit } from '../../../src/store/runs/group-commit.js';
import { createManualClock } from '../../../src/testing/index.js';

/** A disk whose writes end when they are told to. */
function slowDisk() {
  const clock = createManualClock();
  const written: number[][] = [];
  let end: { resolve(): void; reject(error: Error): void } | undefined;
  const commit = new GroupCommit<number>(clock, (items) => {
    written.push([...items]);
    return new Promise((resolve, reject) => {
      end = { resolve, reject };
    });
  });
  const turn = async () => {
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
  };
  return {
    clock,
    written,
    commit,
    async succeed() {
      end?.resolve();
      await turn();
    },
    async fail(message: string) {
      end?.reject(new Error(message));
      await turn();
    },
    add: (from: number, to: number) => Array.from({ length: to - from }, (_, n) => commit.add(from + n)),
  };
}

const sizes = (written: readonly (readonly number[])[]) => written.map(({ length }) => length);

describe('a group commit', () => {
  test('writes as soon as 32 wait, one batch at a time', async () => {
    const { add, written, succeed } = slowDisk();
    add(0, 31);
    expect(written).toEqual([]);
    add(31, 32);
    expect(sizes(written)).toEqual([32]);
    add(32, 70);
    expect(sizes(written)).toEqual([32]);
    await succeed();
    expect(sizes(written)).toEqual([32, 38]);
    expect(written.flat()).toEqual(Array.from({ length: 70 }, (_, n) => n));
  });

  test('writes what has waited 200 ms, however little it is', async () => {
    const { add, written, clock } = slowDisk();
    add(0, 1);
    await clock.advance(199);
    add(1, 2);
    expect(written).toEqual([]);
    await clock.advance(1);
    expect(written).toEqual([[0, 1]]);
  });

  test('asks to wait from the 64th on that is not lasting, until one is', async () => {
    const { add, succeed } = slowDisk();
    const given = add(0, 64);
    expect(given.slice(0, 63).every((room) => room === undefined)).toBe(true);
    let hasRoom = false;
    const room = given[63]?.then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    await succeed();
    await room;
    expect(hasRoom).toBe(true);
  });

  test('refuses everything after a failure, keeps it, and writes it in order with a flush', async () => {
    const { add, written, commit, fail, succeed } = slowDisk();
    const room = add(0, 64)[63];
    await fail('full');
    await expect(room).rejects.toThrow('full');
    await expect(commit.add(64)).rejects.toThrow('full');
    expect(() => commit.requireSound()).toThrow('full');
    const first = expect(commit.flush()).rejects.toThrow('still full');
    await Promise.resolve();
    await fail('still full');
    await first;
    await expect(commit.add(65)).rejects.toThrow('still full');
    const second = commit.flush();
    await Promise.resolve();
    await succeed();
    await second;
    expect(written.at(-1)).toEqual(Array.from({ length: 66 }, (_, n) => n));
    expect(commit.add(66)).toBeUndefined();
    commit.stop();
  });
});
