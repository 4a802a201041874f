import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Backoff,
  createEngine,
  defineStep,
  defineWorkflow,
  processParallel,
  StepTimeoutError,
  StepValidationError,
  WorkflowError,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { defaultStepSettings, mergeSettings } from '../../../src/orchestration/workflow/step-settings.js';
import { createManualClock } from '../../../src/testing/index.js';

function setUp() {
  const clock = createManualClock();
  return { clock, engine: createEngine({ store: memoryWorkflows(), runtime: clock }) };
}

/** A step that fails so often, and tells when each attempt began. */
function failing(times: number, options: { backoff?: Backoff; retries?: number; retryDelayMs?: number }) {
  const { clock, engine } = setUp();
  const begun: number[] = [];
  const step = defineStep({
    id: 'failing',
    ...options,
    run: async ({ attempt }) => {
      begun.push(clock.now());
      if (attempt <= times) throw new Error(`attempt ${attempt}`);
      return attempt;
    },
  });
  const running = engine.run(defineWorkflow('w').thenStep(step).build(), null);
  running.catch(() => {});
  return { clock, begun, running, engine };
}

describe('attempts', () => {
  test('are four by default, after pauses of 1, 2 and 3 seconds', async () => {
    const { clock, begun, running } = failing(9, {});
    await clock.advanceToEnd();
    await expect(running).rejects.toMatchObject({ step: 'failing', problem: "step 'failing' failed after 4 attempts" });
    expect(begun).toEqual([0, 1_000, 3_000, 6_000]);
  });

  test.for([
    ['none', [0, 0, 0, 0]],
    ['fixed', [0, 10, 20, 30]],
    ['linear', [0, 10, 30, 60]],
    ['exponential', [0, 10, 30, 70]],
  ] as const)('with backoff %s begin in time', async ([backoff, expected]) => {
    const { clock, begun, running } = failing(3, { backoff, retryDelayMs: 10 });
    await clock.advanceToEnd();
    await expect(running).resolves.toMatchObject({ output: 4 });
    expect(begun).toEqual(expected);
  });

  test('follow at once without a delay', async () => {
    const { begun, running } = failing(2, { retryDelayMs: 0 });
    await expect(running).resolves.toMatchObject({ output: 3 });
    expect(begun).toEqual([0, 0, 0]);
  });

  test('are recorded, with what the last one failed of', async () => {
    const { clock, running, engine } = failing(1, {});
    await clock.advance(500);
    const [run] = await engine.list();
    const step = (await engine.get(run?.runId ?? ''))?.steps[0];
    expect(step).toMatchObject({ status: 'retrying', attempt: 1, error: { name: 'Error', message: 'attempt 1' } });
    await clock.advanceToEnd();
    const { runId } = await running;
    expect((await engine.get(runId))?.steps).toMatchObject([{ status: 'completed', attempt: 2, error: null }]);
  });

  test('end with the run: a pause does not go on', async () => {
    const { clock, engine } = setUp();
    const stop = new AbortController();
    const step = defineStep({ id: 's', run: () => Promise.reject(new Error('no')) });
    const running = engine.run(defineWorkflow('w').thenStep(step).build(), null, { signal: stop.signal, runId: 'r' });
    running.catch(() => {});
    await clock.advance(10);
    stop.abort(new Error('enough'));
    await expect(running).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED' });
    expect(clock.pendingTimers).toBe(0);
    expect((await engine.get('r'))?.steps).toMatchObject([{ status: 'cancelled', attempt: 1 }]);
  });
});

describe('the time of an attempt', () => {
  test('holds below a second, also for a step that does not listen, and counts anew for each', async () => {
    const { clock, engine } = setUp();
    const step = defineStep({
      id: 'hangs',
      timeoutMs: 250,
      retries: 1,
      retryDelayMs: 100,
      run: () => new Promise<number>(() => {}),
    });
    const running = engine.run(defineWorkflow('w').thenStep(step).build(), null);
    const failure = running.catch((error: unknown) => error);
    await clock.advanceToEnd();
    expect(clock.now()).toBe(600);
    const error = await failure;
    expect(error).toBeInstanceOf(WorkflowError);
    expect(String(error)).toMatch(
      /step 'hangs' failed after 2 attempts: step 'hangs' attempt 2: no result within 250 ms$/,
    );
    expect(error).toHaveProperty('cause', new StepTimeoutError('hangs', 2, 250));
    expect(clock.pendingTimers).toBe(0);
  });

  test('aborts the signal with the timeout, and what the step does later does not count', async () => {
    const { clock, engine } = setUp();
    const reasons: unknown[] = [];
    let late: ((value: string) => void) | undefined;
    const step = defineStep({
      id: 's',
      timeoutMs: 50,
      retryDelayMs: 10,
      run: ({ attempt, signal, state }) => {
        if (attempt === 2) return `second, state ${String(state.get('seen'))}`;
        state.set('seen', 'by the first');
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return new Promise<string>((resolve) => {
          late = resolve;
        });
      },
    });
    const running = engine.run(defineWorkflow('w').thenStep(step).build(), null);
    await clock.advance(50);
    late?.('first');
    await clock.advanceToEnd();
    const { output, runId } = await running;
    expect(output).toBe('second, state undefined');
    expect(reasons).toEqual([new StepTimeoutError('s', 1, 50)]);
    expect((await engine.get(runId))?.state).toEqual({});
  });

  test('is over for a signal that is asked for late', async () => {
    const { clock, engine } = setUp();
    let context: { readonly signal: AbortSignal } | undefined;
    const step = defineStep({
      id: 's',
      timeoutMs: 50,
      retries: 0,
      run: (given) => {
        context = given;
        return new Promise<number>(() => {});
      },
    });
    const running = engine.run(defineWorkflow('w').thenStep(step).build(), null);
    running.catch(() => {});
    await clock.advance(50);
    await expect(running).rejects.toThrow('no result within 50 ms');
    expect(context?.signal.aborted).toBe(true);
  });

  test('may be without limit', async () => {
    const { clock, engine } = setUp();
    const wait = () => new Promise<string>((resolve) => void clock.setTimer(10_000_000, () => resolve('at last')));
    const step = defineStep({ id: 's', timeoutMs: Number.POSITIVE_INFINITY, run: wait });
    const running = engine.run(defineWorkflow('w').thenStep(step).build(), null);
    await clock.advance(10_000_000);
    await expect(running).resolves.toMatchObject({ output: 'at last' });
  });
});

describe('what is never retried', () => {
  const count = { attempts: 0 };
  const once = async (step: Parameters<typeof start>[0], input: unknown = 'text') => {
    count.attempts = 0;
    const failure = await start(step, input).catch((error: unknown) => error);
    expect(count.attempts).toBeLessThanOrEqual(1);
    return failure instanceof Error ? failure : undefined;
  };
  const start = (step: ReturnType<typeof define>, input: unknown) =>
    setUp().engine.run(defineWorkflow('w').thenStep(step).build(), input, { runId: 'r' });
  const define = (options: { input?: unknown; output?: unknown; run?: () => unknown }) =>
    defineStep<'s', unknown, unknown>({
      id: 's',
      ...(options as object),
      run: () => {
        count.attempts += 1;
        return options.run ? options.run() : 'text';
      },
    });

  test('an input that is not valid, with every place named', async () => {
    const input = z.object({ a: z.number(), b: z.array(z.string()) });
    const failure = await once(define({ input }), { a: 'x', b: [1] });
    expect(failure?.message).toMatch(
      /^workflow 'w' run r: step 's' failed after 1 attempt: step 's': invalid input: a: .*number.*; b\.0: .*string/,
    );
    expect(failure?.cause).toBeInstanceOf(StepValidationError);
    expect(count.attempts).toBe(0);
  });

  test('an output that is not valid, also by a schema that answers later, or only as safeParse does', async () => {
    const later = z.string().refine(async (text) => text !== 'text', 'not this one');
    expect((await once(define({ output: later })))?.message).toContain("step 's': invalid output: not this one");
    const parse = { safeParse: () => ({ success: false, error: new Error('refused\n  here') }) };
    expect((await once(define({ output: parse })))?.message).toContain('invalid output: refused here');
    const odd = { safeParse: () => ({ success: false, error: 'odd' }) };
    expect((await once(define({ output: odd })))?.message).toContain('invalid output: odd');
    const paths = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => ({ issues: [{ message: 'bad', path: [{ key: 'k' }, 0] }] }),
      },
    };
    expect((await once(define({ output: paths })))?.message).toContain('invalid output: k.0: bad');
  });

  test('an output that cannot be recorded', async () => {
    const values: readonly (readonly [unknown, string])[] = [
      [{ at: [new Date(0)] }, 'at.0: an instance of Date is not JSON'],
      [{ n: Number.NaN }, 'n: NaN is not JSON'],
      [[undefined], '0: undefined is not JSON'],
      [() => 1, 'a function is not JSON'],
      [1n, 'a bigint is not JSON'],
      [new Map(), 'an instance of Map is not JSON'],
    ];
    for (const [value, message] of values) {
      expect((await once(define({ run: () => value })))?.message).toContain(`invalid output: ${message}`);
    }
  });

  test('an input with more faults than a message tells', async () => {
    const failure = await once(define({ input: z.array(z.string()) }), Array(12).fill(1));
    expect(failure?.cause).toBeInstanceOf(StepValidationError);
    expect(failure?.cause).toHaveProperty('issues.length', 12);
    expect(failure?.message).toMatch(/; 9: [^;]*; and 2 more$/);
  });

  test('an abort of the step itself', async () => {
    const failure = await once(define({ run: () => Promise.reject(new DOMException('gone', 'AbortError')) }));
    expect(failure?.message).toBe("workflow 'w' run r: step 's' failed after 1 attempt: gone");
  });

  test('an abort that a call of the step tells of; where its time was up, the step is tried again', async () => {
    const aborted = async (reason: unknown) => processParallel([1], (n) => n, { signal: AbortSignal.abort(reason) });
    const failure = await once(define({ run: () => aborted(new DOMException('gone', 'AbortError')) }));
    expect(failure?.message).toMatch("step 's' failed after 1 attempt: parallel execution cancelled: gone");
    let attempts = 0;
    const slow = defineStep({
      id: 's',
      retryDelayMs: 0,
      run: async (): Promise<unknown> => {
        attempts += 1;
        return attempts < 3 ? aborted(new DOMException('slow', 'TimeoutError')) : 'done';
      },
    });
    await setUp().engine.run(defineWorkflow('w').thenStep(slow).build(), null);
    expect(attempts).toBe(3);
  });
});

describe('settings', () => {
  test('have defaults, of which a partial configuration resets none', () => {
    expect(defaultStepSettings).toEqual({
      timeoutMs: 30_000,
      retries: 3,
      backoff: 'linear',
      retryDelayMs: 1_000,
      jitter: false,
      continueOnError: false,
    });
    expect(mergeSettings({ retries: 0, timeoutMs: undefined }, { retries: 5, backoff: 'none' })).toEqual({
      ...defaultStepSettings,
      retries: 0,
      backoff: 'none',
    });
  });

  test('of a workflow hold for the steps that say nothing', async () => {
    const { engine } = setUp();
    const attempts: string[] = [];
    const make = <const Id extends string>(id: Id, options: { retries?: number }) =>
      defineStep({
        id,
        ...options,
        continueOnError: true,
        run: ({ attempt }) => {
          attempts.push(`${id}${attempt}`);
          throw new Error('no');
        },
      });
    const workflow = defineWorkflow('w', 'W', { retries: 1, retryDelayMs: 0 })
      .thenStep(make('a', {}))
      .thenStep(make('b', { retries: 0 }));
    await engine.run(workflow.build(), null);
    expect(attempts).toEqual(['a1', 'a2', 'b1']);
  });
});

describe('what is only like a promise', () => {
  /** Calls back, and gives nothing: it cannot be chained. */
  const later = <T>(value: T): PromiseLike<T> => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this test is about.
    then: ((resolve: (v: T) => void) => void resolve(value)) as never,
  });

  test('is waited for, as what a step gives and as what its schemas answer', async () => {
    const { engine } = setUp();
    const addsOne = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => later({ value: Number(value) + 1 }) as never,
      },
    } as const;
    const step = defineStep({ id: 'later', input: addsOne, output: addsOne, run: (_, n: number) => later(n * 10) });
    const { output } = await engine.run(defineWorkflow('w').thenStep(step).build(), 1 as never);
    expect(output).toBe(21);
  });
});
