import { expectTypeOf, test } from 'vitest';
import {
  type Outcome,
  type OutcomeStream,
  type ParallelCancelledError,
  type ParallelError,
  type ParallelResult,
  processParallel,
  runBounded,
  type StreamOutcome,
  streamParallel,
  type TaskContext,
  type TaskError,
} from '../../../src/orchestration/index.js';

const lengthOf = (word: string) => word.length;
const words = ['a', 'bc'] as const;

test('results, errors and outcomes are of what goes in and what comes out', () => {
  const run = () =>
    processParallel(words, async (word, context) => {
      expectTypeOf(word).toEqualTypeOf<'a' | 'bc'>();
      expectTypeOf(context).toEqualTypeOf<TaskContext>();
      return word.length;
    });
  expectTypeOf(run).returns.resolves.toEqualTypeOf<ParallelResult<'a' | 'bc', number>>();
  expectTypeOf<ParallelResult<string, number>>().toEqualTypeOf<{
    readonly results: number[];
    readonly errors: TaskError<string>[];
    readonly outcomes: Outcome<number>[];
  }>();
  expectTypeOf<TaskError<string>['item']>().toBeString();
  expectTypeOf<TaskError<string>['error']>().toBeUnknown();
  expectTypeOf<ParallelError<string, number>['result']['results']>().toEqualTypeOf<number[]>();
  expectTypeOf<ParallelCancelledError<string, number>['result']['errors']>().toEqualTypeOf<TaskError<string>[]>();
});

test('progress is of what comes out, and options are known', () => {
  const run = () => [
    processParallel(words, lengthOf, {
      onProgress(completed, total, latest) {
        expectTypeOf([completed, total, latest]).toEqualTypeOf<number[]>();
      },
    }),
    // @ts-expect-error the processor does not take numbers
    processParallel([1], lengthOf),
    // @ts-expect-error an option that is not there
    processParallel(words, lengthOf, { workers: 2 }),
    // @ts-expect-error the result is a number
    processParallel(words, lengthOf, { onProgress: (_: number, __: number, latest: string) => latest }),
  ];
  expectTypeOf(run).toBeFunction();
});

test('a value is there where the outcome is ok, an error where it is not', () => {
  const read = (outcome: Outcome<number>) => {
    if (outcome.status === 'ok') return outcome.value;
    if (outcome.status === 'not_started') return null;
    // @ts-expect-error there is no value
    outcome.value;
    return outcome.error;
  };
  expectTypeOf(read).returns.toBeUnknown();
});

test('a stream takes what can be iterated, and gives outcomes with their items', () => {
  const run = () => streamParallel(new Set(words), lengthOf);
  expectTypeOf(run).returns.toEqualTypeOf<OutcomeStream<'a' | 'bc', number>>();
  expectTypeOf<StreamOutcome<string, number>['status']>().toEqualTypeOf<'ok' | 'failed' | 'cancelled'>();
  expectTypeOf<StreamOutcome<string, number>['item']>().toBeString();
  // @ts-expect-error a number cannot be iterated
  const wrong = () => streamParallel(5, lengthOf);
  expectTypeOf(wrong).toBeFunction();
});

test('a bounded run gives the failures of its items', () => {
  const run = () => runBounded(words, lengthOf, { concurrency: 2 });
  expectTypeOf(run).returns.resolves.toEqualTypeOf<TaskError<'a' | 'bc'>[]>();
});
