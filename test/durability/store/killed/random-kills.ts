import { expect } from 'vitest';
import { seededRandom } from '../../../../src/foundation/statistics/random-variates.js';
import { runBounded } from '../../../../src/orchestration/index.js';
import type { Lives, Point } from './lives.js';
import type { Records } from './records.js';

/** What is killed, and what is read of it. */
export interface RandomKills {
  readonly kills: number;
  /** A process is killed around one of its first so many writes. */
  readonly mostWrites: number;
  readonly livesOf: (name: string) => Lives;
  readonly recordsOf: (lives: Lives) => Records;
  /** What must hold after each kill, besides what holds for all runs. */
  readonly afterKill?: (lives: Lives, records: Records) => Promise<void>;
  /** Checks the end of a run. */
  readonly atEnd: (lives: Lives, records: Records) => Promise<void>;
}

/** What came of the runs together. */
export interface KillCounts {
  readonly kills: number;
  readonly runs: number;
  /** Steps, items or nodes that were recorded, and how often they ran. */
  readonly recorded: number;
  readonly executed: number;
  /** Records that a kill found, and that were missing or different later. */
  readonly lost: number;
  /** Executions of what had been recorded before. */
  readonly repeated: number;
}

/** Runs at once. */
const mostChains = 3;

/**
 * Runs processes and kills each, at moments that depend only on the seed: before or after a write, or from outside soon
 * after it. A run is resumed until it has ended, and is then followed by another.
 */
export async function killAtRandom(plan: RandomKills): Promise<KillCounts> {
  const counts = { kills: 0, runs: 0, recorded: 0, executed: 0, lost: 0, repeated: 0 };
  const chains = Math.min(mostChains, Math.ceil(plan.kills / 5));
  const failures = await runBounded(
    Array.from({ length: chains }, (_, seed) => seed),
    async (seed, { signal }) => {
      const random = seededRandom(seed + 1);
      const kills = Math.floor((plan.kills + seed) / chains);
      for (let run = 0, left = kills; left > 0 && !signal.aborted; run += 1) {
        left -= await killOneRun(plan, `${seed}-${run}`, left, random, counts);
      }
    },
    { concurrency: chains },
  );
  expect(failures.map(({ item, error }) => [item, error])).toEqual([]);
  return counts;
}

type Counts = { -readonly [K in keyof KillCounts]: KillCounts[K] };

/** @returns how often it was killed */
async function killOneRun(
  plan: RandomKills,
  name: string,
  most: number,
  random: () => number,
  counts: Counts,
): Promise<number> {
  const lives = plan.livesOf(name);
  let known: Records = new Map();
  let seen = 0;
  const check = (what: string) => {
    expect(lives.isWhole(), what).toBe(true);
    const records = plan.recordsOf(lives);
    const { ran, told } = lives.ledger();
    for (const [key, value] of known) if (records.get(key) !== value) counts.lost += 1;
    counts.repeated += ran.slice(seen).filter((one) => known.has(one)).length;
    expect(
      told.filter((one) => !records.has(one)),
      `${what}: reported, and not recorded`,
    ).toEqual([]);
    known = records;
    seen = ran.length;
  };
  let kills = 0;
  for (; kills < most; kills += 1) {
    const point = drawPoint(random, plan.mostWrites);
    const { signal } = await lives.next(point);
    if (signal === null) break;
    check(`${name}, kill ${kills}, ${point.moment} write ${point.write}`);
    await plan.afterKill?.(lives, known);
  }
  expect((await lives.next()).signal).toBeNull();
  check(`${name}, the end`);
  await plan.atEnd(lives, known);
  const { ran } = lives.ledger();
  const recorded = new Set(ran);
  expect([...recorded].filter((one) => !known.has(one))).toEqual([]);
  counts.kills += kills;
  counts.runs += 1;
  counts.recorded += recorded.size;
  counts.executed += ran.length;
  return kills;
}

function drawPoint(random: () => number, mostWrites: number): Point {
  const write = 1 + Math.floor(random() * mostWrites);
  const moment = (['before', 'after', 'soon', 'soon'] as const)[Math.floor(random() * 4)] ?? 'soon';
  return { write, moment };
}
