import { describe, expect, test } from 'vitest';
import { deepEqual } from '../../../src/orchestration/graph/predicates.js';
import { always, and, keyEquals, keyExists, not, or, type Predicate, State } from '../../../src/orchestration/index.js';

interface Job {
  readonly status: string;
  readonly report?: { readonly errors: readonly string[] };
}

const state = State.create<Job>({ status: 'done', report: { errors: ['a'] } });
const holds = (predicate: Predicate<Job>) => predicate(state);

describe('predicates', () => {
  test('look at the state', () => {
    expect(holds(always)).toBe(true);
    expect(holds(keyExists('report'))).toBe(true);
    expect(keyExists<Job>('report')(state.delete('report'))).toBe(false);
    expect(holds(keyEquals('status', 'done'))).toBe(true);
    expect(holds(keyEquals('status', 'failed'))).toBe(false);
    expect(holds(keyEquals('report', { errors: ['a'] }))).toBe(true);
    expect(holds(keyEquals('report', { errors: ['b'] }))).toBe(false);
  });

  test('a key that is there without a value exists', () => {
    expect(keyExists<Record<string, unknown>>('x')(State.create<Record<string, unknown>>({ x: undefined }))).toBe(true);
  });

  test('are combined', () => {
    const done = keyEquals<Job, 'status'>('status', 'done');
    const [yes, no] = [done, not(done)];
    expect(holds(no)).toBe(false);
    expect([and(yes, yes), and(yes, no), and<Job>()].map(holds)).toEqual([true, false, true]);
    expect([or(no, yes), or(no, no), or<Job>()].map(holds)).toEqual([true, false, false]);
  });

  test('have names that say what they ask', () => {
    const both: Predicate<Job> = and(keyExists('report'), not(or(keyEquals('status', 'a'), keyEquals('status', 'b'))));
    expect(both.name).toBe('and(keyExists(report), not(or(keyEquals(status), keyEquals(status))))');
  });
});

describe('equality in depth', () => {
  const knot = (): object => {
    const made: { self?: unknown; list: unknown[] } = { list: [1] };
    made.self = made;
    return made;
  };
  test.each([
    [1, 1, true],
    [Number.NaN, Number.NaN, true],
    [null, undefined, false],
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [{ a: undefined }, {}, false],
    [{ a: undefined }, { b: undefined }, false],
    [[1, 2], [1, 2, 3], false],
    [[1], { 0: 1 }, false],
    [new Date(5), new Date(5), true],
    [new Date(5), new Date(6), false],
    [new Date(5), {}, false],
    [new Map([['a', { n: 1 }]]), new Map([['a', { n: 1 }]]), true],
    [new Map([['a', 1]]), new Map([['b', 1]]), false],
    [new Set([1, 2]), new Set([2, 1]), true],
    [new Set([1]), new Set([2]), false],
    [Object.create(null), Object.create(null), true],
    [new (class A {})(), new (class A {})(), false],
    [/a/, /a/, false],
    ['1', 1, false],
    [{}, null, false],
    [knot(), knot(), true],
  ])('%o and %o: %s', (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
    expect(deepEqual(b, a)).toBe(equal);
  });
});
