import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutcomeRecord, RunStore } from '../../../src/analysis/run-store.js';
import { RunUnknownError, StoreError } from '../../../src/analysis/store-errors.js';
import type { FieldValue } from '../../../src/classify/fields/field-spec.js';
import { RunBusyError } from '../../../src/orchestration/run-errors.js';
import { openRunArchive, type RunArchive } from '../../../src/store/runs/run-archive.js';
import { openStore, temporaryFolder } from './open-store.js';
import { newRun, outcomeOf, recordRows } from './outcomes.js';

let path: string;
let remove: () => void;
let store: RunStore;
let archive: RunArchive | undefined;

beforeEach(async () => {
  ({ path, remove } = temporaryFolder());
  store = await openStore(path);
});

afterEach(async () => {
  archive?.close();
  archive = undefined;
  await store.close();
  remove();
});

function reading(): RunArchive {
  archive ??= openRunArchive(path);
  return archive;
}

const failed = (position: number, error: string) =>
  outcomeOf(position, { status: 'failed', prediction: null, errorCode: 'CHORALE_MODEL_BUSY', error });

/** A run that ended, over a content of its own. */
async function recorded(runId: string, outcomes: readonly OutcomeRecord[]): Promise<void> {
  await store.begin(newRun(runId, { input: { ...newRun(runId).input, digest: runId } }));
  for (const outcome of outcomes) await store.record(outcome);
  await store.end('done', { items: outcomes.length });
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '__proto__',
    'a\0b',
    '\0',
    '\ud800',
    'x\udc00y',
    '"',
    '\\',
    '\u2028',
    '😀',
    "'; DROP TABLE runs; --",
  ),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(1e308, 5e-324, 2 ** 53));
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const anyOutcome: fc.Arbitrary<Omit<OutcomeRecord, 'position'>> = fc.record({
  index: fc.nat(Number.MAX_SAFE_INTEGER),
  id: text,
  key: orNull(text),
  expected: orNull(text),
  status: fc.constantFrom('ok' as const, 'failed' as const, 'skipped' as const),
  prediction: orNull(
    fc.record({
      label: orNull(text),
      confidence: orNull(number),
      labelShares: orNull(fc.array(number)),
      labelMass: orNull(number),
      probabilities: fc.constantFrom('requested' as const, 'not requested' as const),
      rationale: orNull(text),
      fields: orNull(
        fc.dictionary(
          fc.stringMatching(/^[a-z][a-z0-9_]*$/),
          fc.jsonValue().filter((value) => !JSON.stringify(value).includes('-0')) as fc.Arbitrary<FieldValue>,
        ),
      ),
      promptTokens: orNull(number),
      completionTokens: orNull(number),
      queueMs: orNull(number),
      isLong: fc.boolean(),
      furtherRequests: fc.nat(),
    }),
  ),
  errorCode: orNull(text),
  error: orNull(text),
  attempts: fc.nat(),
  durationMs: number,
  cached: fc.boolean(),
});

/** JSON has no negative zero. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe('a run archive', { timeout: 60_000 }, () => {
  test('gives every outcome as it was recorded, whatever is in it', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyOutcome, { maxLength: 40 }), async (outcomes) => {
        runs += 1;
        const expected = outcomes.map((outcome, position) => ({ ...outcome, position }));
        await recorded(`run ${runs}`, expected);
        expect([...reading().outcomes(`run ${runs}`)]).toEqual(asJson(expected));
        await store.begin(newRun('again', { input: { ...newRun('').input, digest: `run ${runs}` } }));
        const known = expected.flatMap(({ position, key, status, prediction }) =>
          key !== null && status === 'ok' && prediction ? [{ position, key, prediction }] : [],
        );
        expect(await store.lookUp(known)).toEqual(
          known.map(({ prediction }) => ({ prediction: asJson(prediction), from: 'run' })),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('lists runs, the newest first, and says what became of those whose process is gone', async () => {
    await recorded('1', [outcomeOf(0), failed(1, 'full'), outcomeOf(2, { status: 'skipped', prediction: null })]);
    await store.begin(newRun('2'));
    await recordRows(store, 3);
    await store.flush();
    expect(reading().list()).toMatchObject([
      { id: '2', command: 'analyze', status: 'running', endedAt: null, answered: 3, failed: 0, skipped: 0 },
      { id: '1', status: 'done', answered: 1, failed: 1, skipped: 1, model: 'm', prompt: 'p' },
    ]);
    await store.close();
    expect(reading().find('2').status).toBe('interrupted');
    expect(reading().configuration('1')).toEqual({ workers: 4 });
    expect(reading().summary('1')).toEqual({ items: 3 });
    expect(reading().summary('2')).toBeNull();
    expect(reading().input('2')).toEqual(newRun('2').input);
    expect(reading().fingerprint('2')).toEqual(newRun('2').fingerprint);
  });

  test('finds a run by the beginning of its id, and says which there are', async () => {
    for (const id of ['abc', 'abd', 'xyz']) await recorded(id, []);
    expect(reading().find('x').id).toBe('xyz');
    expect(reading().find('abc').id).toBe('abc');
    expect(() => reading().find('ab')).toThrow(new RunUnknownError('ab', ['abd', 'abc'], true));
    expect(() => reading().find('xyy')).toThrow("unknown run 'xyy', did you mean 'xyz'?");
    expect(() => reading().labels('q')).toThrow("unknown run 'q'; the newest is xyz");
  });

  test('groups failures, and counts labels', async () => {
    const outcomes = [
      ...[1, 2, 3, 4, 5, 6, 7].map((n) => failed(n, 'full')),
      failed(8, 'gone'),
      outcomeOf(9),
      outcomeOf(10),
    ];
    await recorded('1', [...outcomes, outcomeOf(12)]);
    expect(reading().failures('1')).toEqual([
      {
        code: 'CHORALE_MODEL_BUSY',
        message: 'full',
        count: 7,
        rows: [1, 2, 3, 4, 5].map((index) => ({ index, id: `row ${index}` })),
      },
      { code: 'CHORALE_MODEL_BUSY', message: 'gone', count: 1, rows: [{ index: 8, id: 'row 8' }] },
    ]);
    expect([...reading().labels('1')]).toEqual([
      ['positive', 2],
      ['negative', 1],
    ]);
  });

  test('pairs the rows of two runs by text, the n-th with the n-th, over pages', async () => {
    const keyed = (keys: readonly string[]) => keys.map((key, position) => outcomeOf(position, { key }));
    await recorded('a', keyed(['x', 'y', 'x', 'only a', 'x', ...Array.from({ length: 1_200 }, (_, n) => `k${n}`)]));
    await recorded('b', keyed([...Array.from({ length: 1_200 }, (_, n) => `k${n}`), 'x', 'only b', 'y', 'x']));
    const pairs = [...reading().pairs('a', 'b')].map(({ a, b }) => [a.position, b.position, a.key === b.key]);
    expect(pairs.slice(0, 4)).toEqual([
      [0, 1_200, true],
      [1, 1_202, true],
      [2, 1_203, true],
      [5, 0, true],
    ]);
    expect(pairs).toHaveLength(1_203);
    expect(reading().pairs('b', 'a')[Symbol.iterator]().next().value?.a.position).toBe(0);
  });

  test('removes a run with its answers, but none that somebody works on', async () => {
    await recorded('1', [outcomeOf(0), outcomeOf(1)]);
    await recorded('2', [outcomeOf(2)]);
    await store.begin(newRun('3'));
    expect(() => reading().remove('3')).toThrow(RunBusyError);
    reading().remove('1');
    expect(
      reading()
        .list()
        .map(({ id }) => id),
    ).toEqual(['3', '2']);
    expect(() => reading().remove('1')).toThrow(RunUnknownError);
    const found = await store.lookUp([0, 1, 2].map((n) => ({ position: 9, key: `key-${n}` })));
    expect(found.map((one) => one?.from ?? null)).toEqual([null, null, 'cache']);
  });

  test('makes no file', () => {
    expect(() => openRunArchive(`${path}.none`)).toThrow(StoreError);
    expect(() => openRunArchive(`${path}.none`)).toThrow('there is no such file; give the path of another one');
  });
});
