import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runOfAnother } from '../../../src/analysis/store-errors.js';
import { encodeOutcome } from '../../../src/store/runs/outcome-cells.js';
import { RunDatabase } from '../../../src/store/runs/run-database.js';
import type { Owner } from '../../../src/store/runs/run-table.js';
import { temporaryFolder } from './open-store.js';
import { newRun, outcomeOf } from './outcomes.js';

let path: string;
let remove: () => void;
let now = 0;
let isAlive = true;
const open: RunDatabase[] = [];

beforeEach(() => {
  ({ path, remove } = temporaryFolder());
  now = 1_000;
  isAlive = true;
});

afterEach(() => {
  for (const database of open.splice(0)) database.close();
  remove();
});

const owner: Owner = { pid: 4_711, host: 'mill', place: 'mill', processStart: null, since: 0 };

function database(session: string, limits: { readonly maxAgeMs?: number; readonly maxBytes?: number } = {}) {
  const world = { now: () => now, identity: () => owner, isAlive: () => isAlive };
  const made = new RunDatabase({ path, session, ...limits }, world);
  open.push(made);
  return made;
}

function write(to: RunDatabase, ...positions: readonly number[]): void {
  to.write(`[${positions.map((position) => encodeOutcome(outcomeOf(position))).join()}]`);
}

/** Which of these rows' answers the cache has. */
function cached(from: RunDatabase, ...positions: readonly number[]): boolean[] {
  const found: unknown[] = JSON.parse(from.lookUp(JSON.stringify(positions.map((n) => [1_000_000, `key-${n}`]))));
  return found.map((one) => one !== null);
}

describe('the answers that a run database keeps', () => {
  test('are used up to an age, and those of the run itself always', () => {
    const first = database('a', { maxAgeMs: 500 });
    first.begin(newRun('1'));
    write(first, 0);
    now += 400;
    write(first, 1);
    expect(cached(first, 0, 1)).toEqual([true, true]);
    now += 200;
    expect(cached(first, 0, 1)).toEqual([false, true]);
    expect(first.lookUp('[[0,"key-0"]]')).toMatch(/^\[\[0,\["positive",/);
  });

  test('are dropped from the oldest on when they take more room than they may, and outcomes are not', () => {
    const first = database('a', { maxBytes: 1_000 });
    first.begin(newRun('1'));
    for (let position = 0; position < 100; position += 1) write(first, position);
    expect(cached(first, 0, 99)).toEqual([true, true]);
    first.end('done', {});
    first.begin(newRun('2'));
    expect(cached(first, 0, 80, 99)).toEqual([false, false, true]);
    expect(first.lookUp('[[0,"key-0"]]')).toMatch(/^\[\[0,\["positive",/);
  });

  test('are found in the index also where their session ended before it filled it', () => {
    const first = database('a');
    first.begin(newRun('1'));
    write(first, 0, 1);
    isAlive = false;
    const second = database('b');
    expect(second.begin(newRun('2'))).toMatchObject({ runId: '1', resumed: { status: 'interrupted', answered: 2 } });
    expect(cached(second, 0, 1, 2)).toEqual([true, true, false]);
  });
});

describe('the owner of a run', () => {
  test('is named to others while it lives, and cannot write once another has the run', () => {
    const first = database('a');
    first.begin(newRun('1'));
    write(first, 0);
    const second = database('b');
    expect(() => second.begin(newRun('2'))).toThrow(runOfAnother('1', { pid: 4_711, hostName: 'mill', since: 1_000 }));
    isAlive = false;
    second.begin(newRun('2'));
    expect(() => write(first, 1)).toThrow(
      `${path}: another process has taken this run over, or removed it; end the other process, and run again`,
    );
    write(second, 1);
  });
});
