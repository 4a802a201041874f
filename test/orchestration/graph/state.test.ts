import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { SecretsMissingError } from '../../../src/orchestration/graph/graph-errors.js';
import { State } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

interface Draft {
  readonly title: string;
  readonly words: number;
  readonly note?: string;
}

const runtime = createManualClock({ epochMs: 1_000 });
const draft = () => State.create<Draft>({ title: 'a', words: 1 }, { runtime, freeze: true });

describe('a state', () => {
  test('gives what it was made of, and an identity', () => {
    const state = draft();
    expect(state.data).toEqual({ title: 'a', words: 1 });
    expect(state.get('title')).toBe('a');
    expect(state.get('note')).toBeUndefined();
    expect([state.has('title'), state.has('note')]).toEqual([true, false]);
    expect(state.keys()).toEqual(['title', 'words']);
    expect(state.runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([state.checkpointNode, state.timestamp]).toEqual([null, 1_000]);
    expect(state.data).toBe(state.data);
  });

  test('does not change when another is made of it', () => {
    const state = draft();
    const next = state.set('words', 2).set('note', 'n').delete('note').merge({ title: 'b' });
    expect(next.data).toEqual({ title: 'b', words: 2 });
    expect(state.data).toEqual({ title: 'a', words: 1 });
    expect(next.runId).toBe(state.runId);
  });

  test('lets nobody change its data', () => {
    const { data } = draft();
    expect(() => Object.assign(data, { title: 'b' })).toThrow(TypeError);
  });

  test('merges another state: its values and secrets win, the identity stays', () => {
    const mine = draft().withSecret('a', 1).withSecret('b', 2);
    const theirs = State.create<Draft>({ title: 'b', words: 1, note: 'n' }, { secrets: { b: 3 } });
    const merged = mine.merge(theirs);
    expect(merged.data).toEqual({ title: 'b', words: 1, note: 'n' });
    expect([merged.runId, merged.secret('a'), merged.secret('b')]).toEqual([mine.runId, 1, 3]);
  });

  test('takes another identity where it is asked to', () => {
    const state = draft().withRunId('r').withCheckpointNode('n', 5);
    expect([state.runId, state.checkpointNode, state.timestamp]).toEqual(['r', 'n', 5]);
    expect(state.withCheckpointNode(null).timestamp).toBe(5);
    expect(state.clone().data).toEqual(draft().data);
    expect(State.create({}, { runId: 'mine' }).runId).toBe('mine');
  });

  test('freezes values in depth when told to, and only then', () => {
    const value = { list: [{ n: 1 }], when: new Date(0), map: new Map() };
    const free = State.create({ value: structuredClone(value) });
    free.get('value').list.push({ n: 2 });
    const frozen = State.create<{ value: unknown; other?: object }>({ value }, { freeze: true }).set('other', value);
    expect(Object.isFrozen(value.list[0])).toBe(true);
    expect(Object.isFrozen(value.when)).toBe(false);
    expect(Object.isFrozen(frozen.get('other'))).toBe(true);
    expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
  });

  test('freezes what contains itself', () => {
    const knot: { self?: unknown } = {};
    knot.self = knot;
    expect(() => State.create({ knot }, { freeze: true })).not.toThrow();
  });

  test('refuses what is no record, and options of the wrong kind', () => {
    expect(() => State.create(null as never)).toThrow(new InvalidOptionError('data', 'a record', null));
    expect(() => State.create({}, { freeze: 1 as never })).toThrow(InvalidOptionError);
    expect(() => State.create({}, { observer: 'nobody' })).toThrow('unknown observer: nobody');
  });
});

describe('secrets', () => {
  const state = draft().withSecrets({ token: 't0k3n', other: { deep: ['deepest'] } });

  test('are given by name', () => {
    expect(state.secret('token')).toBe('t0k3n');
    expect(state.secretNames()).toEqual(['token', 'other']);
    expect(state.set('words', 2).secret('token')).toBe('t0k3n');
  });

  test('are asked for by name when they are missing', () => {
    expect(() => state.withRunId('r').secret('key')).toThrow(
      new SecretsMissingError('run r', ['key'], ['token', 'other']),
    );
    expect(() => draft().withRunId('r').secret('key')).toThrow("run r needs the secret 'key'; given: none");
  });

  test('are in no text that is made of a state', () => {
    for (const text of [JSON.stringify(state), inspect(state, { depth: 9, showHidden: true }), String(state)]) {
      expect(text).not.toMatch(/t0k3n|deepest/);
    }
    expect(JSON.parse(JSON.stringify(state))).toEqual({
      data: { title: 'a', words: 1 },
      runId: state.runId,
      checkpointNode: null,
      timestamp: 1_000,
    });
    expect(inspect(state)).toContain("title: 'a'");
  });
});

test('a state tells of what is done to it, and never of values', () => {
  const observer = createRecordingObserver();
  const state = State.create<Draft>({ title: 'a', words: 1 }, { observer, runtime });
  state.clone().set('words', 7).merge({ title: 'b', note: 'n' }).delete('note');
  expect(observer.events).toEqual([
    { type: 'state.create', timestamp: 1_000, source: 'state', data: {} },
    { type: 'state.clone', timestamp: 1_000, source: 'state', data: { keys: ['title', 'words'] } },
    { type: 'state.set', timestamp: 1_000, source: 'state', data: { key: 'words' } },
    { type: 'state.merge', timestamp: 1_000, source: 'state', data: { keys: ['title', 'note'] } },
  ]);
});

test('what cannot be done to a state is not told', () => {
  const observer = createRecordingObserver();
  const createTrap = () => ({
    get key() {
      throw new Error('no');
    },
  });
  expect(() => State.create({ trap: createTrap() }, { observer, freeze: true })).toThrow('no');
  const state = State.create<Record<string, unknown>>({}, { observer, freeze: true });
  expect(() => state.set('trap', createTrap())).toThrow('no');
  expect(() => state.merge({ trap: createTrap() })).toThrow('no');
  expect(observer.types()).toEqual(['state.create']);
});

describe('many changes in a row', () => {
  const key = fc.integer({ min: 0, max: 60 }).map((n) => (n === 0 ? '__proto__' : `k${n}`));
  const change = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
    fc.record({ kind: fc.constant('delete' as const), key }),
    fc.record({ kind: fc.constant('merge' as const), values: fc.dictionary(key, fc.integer(), { maxKeys: 20 }) }),
    fc.record({ kind: fc.constant('back' as const), to: fc.nat() }),
  );

  test('give what a map would hold, and differences that lead from one state to another', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const states = [State.create<Record<string, unknown>>({})];
        const maps = [new Map<string, unknown>()];
        for (const step of changes) {
          const [state, map] = [states.at(-1) as State, new Map(maps.at(-1))];
          if (step.kind === 'back') {
            const to = step.to % states.length;
            states.push(states[to] as State);
            maps.push(maps[to] as Map<string, unknown>);
            continue;
          }
          if (step.kind === 'set') map.set(step.key, step.value);
          if (step.kind === 'delete') map.delete(step.key);
          if (step.kind === 'merge') for (const [name, value] of Object.entries(step.values)) map.set(name, value);
          const next =
            step.kind === 'set'
              ? state.set(step.key, step.value)
              : step.kind === 'delete'
                ? state.delete(step.key)
                : state.merge(step.values);
          states.push(next);
          maps.push(map);
        }
        for (const [index, state] of states.entries()) {
          expect(new Map(Object.entries(state.data))).toEqual(maps[index]);
        }
        const [from, to] = [states[Math.floor(states.length / 2)] as State, states.at(-1) as State];
        const { set, removed } = to.changesSince(from);
        const patched = new Map(Object.entries(from.data));
        for (const [name, value] of set) patched.set(name, value);
        for (const name of removed) expect(patched.delete(name)).toBe(true);
        expect(patched).toEqual(maps.at(-1));
      }),
    );
  });

  test('a key that is set to the very same object counts as changed', () => {
    const list = [1];
    const state = State.create({ list, other: 1 });
    list.push(2);
    expect(state.set('list', list).changesSince(state)).toEqual({ set: [['list', [1, 2]]], removed: [] });
    expect(state.changesSince(state)).toEqual({ set: [], removed: [] });
  });

  test('cost as much as the change in a state of many keys', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
    let state = State.create<Record<string, unknown>>(wide);
    for (let index = 0; index < 20_000; index += 1) {
      const next = state.set('k7', index);
      expect(next.changesSince(state).set.length).toBe(1);
      state = next;
    }
    expect(state.get('k7')).toBe(19_999);
  });
});
