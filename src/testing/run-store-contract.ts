import assert from 'node:assert/strict';
import type { NewReviewRun, OutcomeRecord, RecordedPrediction, RunInput, RunStore } from '../analysis/run-store.js';
import { StoreError } from '../analysis/store-errors.js';
import { RunBusyError } from '../orchestration/run-errors.js';
import { caseMaker, type StoreContractCase } from './store-contract.js';

/** What keeps runs, under test. */
export interface RunStoreSubject {
  /** Opens a store over the same runs; each is closed by whoever opened it. */
  open(): RunStore | Promise<RunStore>;
  close(): void | Promise<void>;
}

/** One rule of the port. */
export type RunStoreCase = StoreContractCase<RunStoreSubject>;

/** A session: the store is closed after it, whether it ended its run or not. */
type Session = <T>(use: (store: RunStore) => Promise<T>) => Promise<T>;

const rule = caseMaker(
  (subject: RunStoreSubject): Session =>
    async (use) => {
      const store = await subject.open();
      try {
        return await use(store);
      } finally {
        await store.close();
      }
    },
);

const input: RunInput = {
  names: ['a.csv'],
  digest: 'd',
  scan: { rows: 9, columns: ['text'], types: [] },
  choice: '{}',
};

function newRun(runId: string, given: Partial<NewReviewRun> = {}): NewReviewRun {
  const fingerprint = { hash: 'f', parts: { model: 'm' } };
  return { runId, command: 'analyze', fingerprint, configuration: {}, input, ...given };
}

function answerOf(label: string): RecordedPrediction {
  return {
    label,
    confidence: 0.5,
    labelShares: [0.5, 0.25, 0.25],
    labelMass: 0.75,
    probabilities: 'requested',
    rationale: null,
    fields: null,
    promptTokens: 3,
    completionTokens: null,
    queueMs: 0.125,
    isLong: false,
    furtherRequests: 2,
  };
}

function outcomeOf(position: number, key: string, given: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    position,
    index: position,
    id: String(position),
    key,
    expected: null,
    status: 'ok',
    prediction: answerOf(`${key} at ${position}`),
    errorCode: null,
    error: null,
    attempts: 1,
    durationMs: 1.5,
    cached: false,
    ...given,
  };
}

async function record(store: RunStore, ...outcomes: readonly OutcomeRecord[]): Promise<void> {
  for (const outcome of outcomes) await store.record(outcome);
}

/** The sentiments that are found, each with where it was. */
async function found(store: RunStore, ...lookups: readonly (readonly [number, string])[]): Promise<(string | null)[]> {
  const found = await store.lookUp(lookups.map(([position, key]) => ({ position, key })));
  return found.map((one) => one && `${one.from}: ${one.prediction.label}`);
}

const failure = { status: 'failed', prediction: null, errorCode: 'CHORALE_MODEL_TIMEOUT', error: 'too late' } as const;

/**
 * The contract of every `RunStore`, for any test runner:
 *
 * @example
 * for (const { name, run } of runStoreContract) {
 *   test(name, () => run(() => {
 *     const shared = memoryRuns();
 *     return { open: () => memoryRunStore({ shared }), close() {} };
 *   }));
 * }
 */
export const runStoreContract: readonly RunStoreCase[] = [
  rule('a first run is new, and the cache lookup finds nothing', (session) =>
    session(async (store) => {
      assert.equal(await store.scanOf('d'), null);
      assert.deepEqual(await store.begin(newRun('1')), { runId: '1', resumed: null, before: null });
      assert.deepEqual(await store.scanOf('d'), input.scan);
      assert.deepEqual(await found(store, [0, 'x']), [null]);
      assert.deepEqual(await store.lookUp([]), []);
    }),
  ),
  rule('the same run is resumed, also when it is done, and knows its rows', async (session) => {
    await session(async (store) => {
      await store.begin(newRun('1'));
      await record(store, outcomeOf(0, 'x'), outcomeOf(1, 'y', failure));
      await record(store, outcomeOf(2, 'z', { status: 'skipped', prediction: null, key: null }));
      await store.end('done', { took: { ms: 3 } });
    });
    await session(async (store) => {
      const { runId, resumed, before } = await store.begin(newRun('2'));
      assert.deepEqual([runId, before], ['1', null]);
      const startedAt = resumed?.startedAt ?? 0;
      const summary = { took: { ms: 3 } };
      assert.deepEqual(resumed, { status: 'done', startedAt, answered: 1, failed: 1, skipped: 1, summary });
      assert.deepEqual(await found(store, [0, 'x'], [1, 'y'], [2, 'z']), ['run: x at 0', null, null]);
      const [first] = await store.lookUp([{ position: 0, key: 'x' }]);
      assert.deepEqual(first?.prediction, answerOf('x at 0'));
    });
    await session(async (store) => {
      const { resumed } = await store.begin(newRun('3'));
      assert.deepEqual([resumed?.status, resumed?.summary], ['interrupted', { took: { ms: 3 } }]);
    });
  }),
  rule('a fresh run that has ended is resumed by its id, and still uses nothing of others', (session) =>
    session(async (store) => {
      await store.begin(newRun('1'));
      await record(store, outcomeOf(0, 'x'), outcomeOf(1, 'y'));
      await store.end('done', {});
      await store.begin(newRun('2', { fresh: true }));
      await record(store, outcomeOf(0, 'x'));
      await store.end('interrupted', { took: 3 });
      const { runId, resumed } = await store.begin(newRun('2', { fresh: true }));
      assert.deepEqual([runId, resumed?.answered, resumed?.summary], ['2', 1, { took: 3 }]);
      assert.deepEqual(await found(store, [0, 'x'], [1, 'y']), ['run: x at 0', null]);
    }),
  ),
  ...(
    [
      ['command', { command: 'calibrate' }, null],
      ['fingerprint', { fingerprint: { hash: 'g', parts: { model: 'n' } } }, '1'],
      ['content', { input: { ...input, digest: 'e' } }, '1'],
      ['choice', { input: { ...input, choice: '{"limit":1}' } }, '1'],
      ['set of names over another content', { input: { ...input, digest: 'e', names: ['b.csv'] } }, null],
    ] as const
  ).map(([what, given, before]) =>
    rule(`another ${what} is another run`, async (session) => {
      await session(async (store) => {
        await store.begin(newRun('1'));
        await record(store, outcomeOf(0, 'x'));
        await store.end('stopped', {});
      });
      await session(async (store) => {
        const begun = await store.begin(newRun('2', given));
        assert.deepEqual([begun.runId, begun.resumed, begun.before?.runId ?? null], ['2', null, before]);
        if (begun.before) assert.deepEqual(begun.before.fingerprint, { hash: 'f', parts: { model: 'm' } });
        const isOther = what === 'fingerprint';
        assert.deepEqual(
          await found(store, [0, 'x'], [7, 'x']),
          isOther ? [null, null] : Array(2).fill('cache: x at 0'),
        );
      });
    }),
  ),
  rule('the same content under other names is resumed', async (session) => {
    await session(async (store) => store.begin(newRun('1')));
    await session(async (store) => {
      const begun = await store.begin(newRun('2', { input: { ...input, names: ['b.csv'], scan: null } }));
      assert.equal(begun.runId, '1');
      assert.deepEqual(await store.scanOf('d'), input.scan);
    });
  }),
  rule('without a digest every run is new', async (session) => {
    const stream = { ...input, digest: null, names: ['-'] };
    await session(async (store) => store.begin(newRun('1', { input: stream })));
    await session(async (store) => {
      const { runId, before } = await store.begin(newRun('2', { input: stream }));
      assert.deepEqual([runId, before?.runId], ['2', '1']);
    });
  }),
  rule('a fresh run is new, and has its own answers only', async (session) => {
    await session(async (store) => {
      await store.begin(newRun('1'));
      await record(store, outcomeOf(0, 'x'), outcomeOf(1, 'y'));
      await store.end('done', {});
    });
    await session(async (store) => {
      assert.deepEqual(await store.begin(newRun('2', { fresh: true })), { runId: '2', resumed: null, before: null });
      assert.deepEqual(await found(store, [0, 'x']), [null]);
      await record(store, outcomeOf(0, 'x', { prediction: answerOf('new') }));
      assert.deepEqual(await found(store, [0, 'x'], [5, 'x'], [1, 'y']), ['run: new', 'cache: new', null]);
    });
    await session(async (store) => {
      assert.equal((await store.begin(newRun('3'))).runId, '2');
      assert.deepEqual(await found(store, [5, 'x'], [1, 'y']), ['cache: new', 'cache: y at 1']);
    });
  }),
  rule('without the cache only the same row of the same run counts', async (session) => {
    await session(async (store) => {
      await store.begin(newRun('1', { cache: false }));
      await record(store, outcomeOf(0, 'x'));
      assert.deepEqual(await found(store, [0, 'x'], [1, 'x']), ['run: x at 0', null]);
    });
    await session(async (store) => {
      await store.begin(newRun('2', { cache: false }));
      assert.deepEqual(await found(store, [0, 'x'], [1, 'x'], [0, 'y']), ['run: x at 0', null, null]);
    });
  }),
  rule('what is recorded is found at once, and a later outcome of a row takes the place of the one before', (session) =>
    session(async (store) => {
      await store.begin(newRun('1'));
      await record(store, outcomeOf(0, 'x'));
      assert.deepEqual(await found(store, [0, 'x'], [1, 'x'], [0, 'y']), ['run: x at 0', 'cache: x at 0', null]);
      await record(store, outcomeOf(0, 'y'));
      assert.deepEqual(await found(store, [0, 'x'], [0, 'y']), ['cache: x at 0', 'run: y at 0']);
      await record(store, outcomeOf(0, 'y', failure));
      assert.deepEqual(await found(store, [0, 'y']), ['cache: y at 0']);
    }),
  ),
  rule('a row with a cached answer is found again, and is not an answer for others', (session) =>
    session(async (store) => {
      await store.begin(newRun('1'));
      await record(store, outcomeOf(0, 'x', { cached: true }));
      assert.deepEqual(await found(store, [0, 'x'], [1, 'x']), ['run: x at 0', null]);
    }),
  ),
  rule(
    'the fields of an answer are found as they were recorded, in their order, with or without a label',
    async (session) => {
      const label = {
        topic: 'delivery',
        count: 3,
        ratio: -0.25,
        angry: false,
        summary: 'é "quoted"\n\u2028\0',
        tags: [],
      };
      const fields = {
        ...label,
        aspects: [{ aspect: 'zip', polarity: 'negative' }],
        other: { deep: [null, {}] },
        none: null,
      };
      const answers = [
        { ...answerOf('delivery'), fields },
        { ...answerOf('x'), label: null, confidence: null, labelShares: null, labelMass: null, fields },
      ];
      const recorded = answers.map((prediction, position) => outcomeOf(position, `k${position}`, { prediction }));
      await session(async (store) => {
        await store.begin(newRun('1'));
        await record(store, ...recorded);
        await store.end('done', {});
      });
      await session(async (store) => {
        await store.begin(newRun('2', { input: { ...input, digest: 'e' } }));
        const cached = await store.lookUp([0, 1].map((position) => ({ position: position + 5, key: `k${position}` })));
        assert.deepEqual(
          cached.map((one) => one?.prediction),
          answers,
        );
        assert.deepEqual(Object.keys(cached[0]?.prediction.fields ?? {}), Object.keys(fields));
      });
    },
  ),
  rule('many look-ups are answered in their order', (session) =>
    session(async (store) => {
      await store.begin(newRun('1'));
      for (let position = 0; position < 300; position += 1) {
        await store.record(outcomeOf(position, `k${position}`, position % 7 === 0 ? failure : {}));
      }
      const places = Array.from({ length: 300 }, (_, n) => (n * 101) % 300);
      assert.deepEqual(
        await found(store, ...places.map((position) => [position, `k${position}`] as const)),
        places.map((position) => (position % 7 === 0 ? null : `run: k${position} at ${position}`)),
      );
    }),
  ),
  rule('a run that another process works on is rejected, unless a fresh one is requested', (session) =>
    session(async (first) => {
      await first.begin(newRun('1'));
      await session(async (second) => {
        await assert.rejects(second.begin(newRun('2')), (error) => {
          assert.ok(error instanceof RunBusyError);
          assert.match(error.message, /^run 1: process \d+ on .* since .*; wait for its end, or .*fresh$/);
          return true;
        });
        assert.equal((await second.begin(newRun('3', { fresh: true }))).runId, '3');
      });
      await first.end('stopped', {});
      await session(async (third) => {
        // The latest of the two, which was let go.
        assert.equal((await third.begin(newRun('4'))).runId, '3');
      });
    }),
  ),
  rule('a paused run stays with its session while that one works on another, and may be begun again', (session) =>
    session(async (first) => {
      await first.begin(newRun('1'));
      await record(first, outcomeOf(0, 'x'));
      await first.pause({ took: 1 });
      await assert.rejects(first.lookUp([{ position: 0, key: 'x' }]), StoreError);
      await first.begin(newRun('2', { input: { ...input, digest: 'e' } }));
      await session(async (second) => {
        await assert.rejects(second.begin(newRun('3')), RunBusyError);
      });
      await first.pause({ took: 2 });
      const { runId, resumed } = await first.begin(newRun('1'));
      assert.deepEqual([runId, resumed?.answered, resumed?.summary], ['1', 1, { took: 1 }]);
      assert.deepEqual(await found(first, [0, 'x']), ['run: x at 0']);
      await first.end('done', { took: 3 });
      await session(async (second) => {
        assert.equal((await second.begin(newRun('3'))).runId, '1');
        await assert.rejects(second.begin(newRun('4', { input: { ...input, digest: 'e' } })), RunBusyError);
      });
    }),
  ),
  rule('a paused run is released when its store is closed', async (session) => {
    await session(async (store) => {
      await store.begin(newRun('1'));
      await store.pause({ took: 1 });
    });
    await session(async (store) => {
      const { runId, resumed } = await store.begin(newRun('2'));
      assert.deepEqual([runId, resumed?.status, resumed?.summary], ['1', 'interrupted', { took: 1 }]);
    });
  }),
  rule('nothing works without a run, or once it is closed, except to close again', (session) =>
    session(async (store) => {
      await assert.rejects(store.lookUp([{ position: 0, key: 'x' }]), StoreError);
      await store.close();
      await store.close();
      await assert.rejects(store.begin(newRun('1')), StoreError);
    }),
  ),
];
