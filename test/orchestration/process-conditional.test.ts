import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { ConditionalError, processConditional, RouteError } from '../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver, type RecordingObserver } from '../../src/testing/index.js';
import { createDeferred } from './parallel/deferred.js';
import { settled } from './parallel/gates.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

const sequence = ({ events }: RecordingObserver) => events.map(({ type, data }) => [type, data]);
const sizeOf = (n: number) => (n > 5 ? 'large' : 'small');
const handlers = { large: (n: number) => `${n} is large`, small: async (n: number) => `${n} is small` };
/** A predicate of which the compiler knows no names. */
const answer = (route: unknown) => () => route as string;

describe('the chosen handler', () => {
  test('gives the result', async () => {
    expect(await processConditional(7, sizeOf, { handlers })).toBe('7 is large');
    expect(await processConditional(3, sizeOf, { handlers })).toBe('3 is small');
  });

  test('is chosen by a predicate that takes its time', async () => {
    expect(await processConditional(3, async (n) => sizeOf(n), { handlers })).toBe('3 is small');
  });

  test('is told the route and a signal', async () => {
    const large = vi.fn(() => 1);
    await processConditional(7, sizeOf, { handlers: { large }, default: () => 2 });
    expect(large).toHaveBeenCalledWith(7, { route: 'large', signal: expect.any(AbortSignal) });
  });

  test('is the default where the route has none', async () => {
    const fallback = vi.fn(() => 'otherwise');
    expect(await processConditional(3, sizeOf, { handlers: { large: handlers.large }, default: fallback })).toBe(
      'otherwise',
    );
    expect(fallback).toHaveBeenCalledWith(3, { route: 'small', signal: expect.any(AbortSignal) });
  });
});

describe('a route without a handler', () => {
  test.each([
    ['refund', "route: no handler for 'refund' (known: sell, buy)"],
    ['toString', "route: no handler for 'toString' (known: sell, buy)"],
    [undefined, 'route: no handler for undefined (known: sell, buy)'],
  ])('%s is refused with the known ones', async (route, message) => {
    const run = processConditional(1, answer(route), {
      handlers: { sell: () => 1, buy: () => 2, none: undefined as never },
    });
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RouteError);
    expect(error).toMatchObject({ code: 'CHORALE_ROUTE', message, subject: 'route', known: ['sell', 'buy'] });
  });

  test('is refused where there are no handlers at all', async () => {
    await expect(processConditional(1, answer('x'), { handlers: {} })).rejects.toThrow(
      "route: no handler for 'x' (known: none)",
    );
  });
});

describe('a failure', () => {
  test('of the handler names its route', async () => {
    const boom = new Error('boom');
    const run = processConditional(7, sizeOf, { handlers: { ...handlers, large: () => Promise.reject(boom) } });
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionalError);
    expect(error).toMatchObject({
      code: 'CHORALE_CONDITIONAL',
      route: 'large',
      message: "route 'large' failed: boom (known routes: large, small)",
    });
    expect((error as ConditionalError).cause).toBe(boom);
  });

  test('of the predicate says so', async () => {
    const run = processConditional(7, () => Promise.reject('boom'), { handlers: {} });
    await expect(run).rejects.toMatchObject({
      route: null,
      cause: 'boom',
      message: 'the predicate failed: boom (known routes: none)',
    });
  });

  test('of a routing within a handler keeps its own route error as the cause', async () => {
    const inner = () => processConditional(1, answer('x'), { handlers: { y: () => 1 } });
    const run = processConditional(1, () => 'outer' as const, { handlers: { outer: inner } });
    await expect(run).rejects.toMatchObject({
      name: 'ConditionalError',
      route: 'outer',
      cause: expect.any(RouteError),
    });
  });
});

describe('cancellation', () => {
  test('before the call asks nobody', async () => {
    const predicate = vi.fn(sizeOf);
    const signal = AbortSignal.abort('enough');
    await expect(processConditional(7, predicate, { handlers, signal })).rejects.toBe('enough');
    expect(predicate).not.toHaveBeenCalled();
  });

  test('during the predicate keeps the handler from running', async () => {
    const controller = new AbortController();
    const gate = createDeferred<'large'>();
    const large = vi.fn(() => 1);
    const run = processConditional(7, () => gate.promise, { handlers: { large }, signal: controller.signal });
    const ended = expect(run).rejects.toBe('enough');
    controller.abort('enough');
    gate.resolve('large');
    await ended;
    expect(large).not.toHaveBeenCalled();
  });

  test('makes a rejection of the handler a consequence', async () => {
    const controller = new AbortController();
    const gate = createDeferred<number>();
    const run = processConditional(7, () => 'only' as const, {
      handlers: { only: () => gate.promise },
      signal: controller.signal,
    });
    const ended = expect(run).rejects.toBe('enough');
    await settled();
    controller.abort('enough');
    gate.reject(new Error('wrapped'));
    await ended;
  });

  test('after the handler succeeded is too late', async () => {
    const controller = new AbortController();
    const run = processConditional(7, () => 'only' as const, {
      handlers: {
        only: () => {
          controller.abort('enough');
          return 1;
        },
      },
      signal: controller.signal,
    });
    expect(await run).toBe(1);
  });
});

describe('the whole sequence of events', () => {
  test('of a success', async () => {
    const observer = createRecordingObserver();
    await processConditional(7, sizeOf, { handlers, observer, runtime: createManualClock({ epochMs: 5 }) });
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 2 }],
      ['route.select', { route: 'large', has_default: false }],
      ['route.execute', { route: 'large', error: false }],
    ]);
    expect(observer.events[0]).toMatchObject({ source: 'processConditional', timestamp: 5 });
  });

  test('of a route without a handler', async () => {
    const observer = createRecordingObserver();
    await expect(processConditional(7, answer('x'), { handlers: { y: () => 1 }, observer })).rejects.toThrow();
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 1 }],
      ['route.select', { route: 'x', has_default: false }],
      [
        'route.execute',
        { route: 'x', error: true, error_type: 'CHORALE_ROUTE', message: "route: no handler for 'x' (known: y)" },
      ],
    ]);
  });

  test('of a predicate that fails', async () => {
    const observer = createRecordingObserver();
    const predicate = () => {
      throw new RangeError('boom');
    };
    await expect(processConditional(7, predicate, { handlers: {}, default: () => 1, observer })).rejects.toThrow();
    const message = 'the predicate failed: boom (known routes: none)';
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 0 }],
      ['route.execute', { route: null, error: true, error_type: 'CHORALE_CONDITIONAL', message }],
    ]);
  });

  test('of a cancellation during the handler', async () => {
    const observer = createRecordingObserver();
    const controller = new AbortController();
    const run = processConditional(7, () => 'only' as const, {
      handlers: {
        only: (_, { signal }) => {
          controller.abort(new Error('enough'));
          signal.throwIfAborted();
          return 1;
        },
      },
      default: () => 2,
      signal: controller.signal,
      observer,
    });
    await expect(run).rejects.toThrow('enough');
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 1 }],
      ['route.select', { route: 'only', has_default: true }],
      ['route.execute', { route: 'only', error: true, error_type: 'Error', message: 'enough' }],
    ]);
  });

  test('of the default', async () => {
    const observer = createRecordingObserver();
    await processConditional(3, sizeOf, { handlers: { large: () => 1 }, default: () => 2, observer });
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 1 }],
      ['route.select', { route: 'small', has_default: true }],
      ['route.execute', { route: 'small', error: false }],
    ]);
  });

  test.each([undefined, 5])('of an answer that is no text: %s', async (route) => {
    const observer = createRecordingObserver();
    await processConditional(3, answer(route), { handlers: {}, default: () => 2, observer });
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 0 }],
      ['route.select', { route: null, has_default: true }],
      ['route.execute', { route: null, error: false }],
    ]);
  });

  test('of a handler that fails', async () => {
    const observer = createRecordingObserver();
    const failing = { ...handlers, large: () => Promise.reject(new RangeError('boom')) };
    await expect(processConditional(7, sizeOf, { handlers: failing, observer })).rejects.toThrow();
    const message = "route 'large' failed: boom (known routes: large, small)";
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 2 }],
      ['route.select', { route: 'large', has_default: false }],
      ['route.execute', { route: 'large', error: true, error_type: 'CHORALE_CONDITIONAL', message }],
    ]);
  });

  test.each([
    ['before the call', true],
    ['during the predicate', false],
  ])('of a cancellation %s', async (_, before) => {
    const observer = createRecordingObserver();
    const controller = new AbortController();
    if (before) controller.abort('enough');
    const predicate = () => {
      controller.abort('enough');
      return 'large' as const;
    };
    const run = processConditional(7, predicate, { handlers, signal: controller.signal, observer });
    await expect(run).rejects.toBe('enough');
    expect(sequence(observer)).toEqual([
      ['route.evaluate', { route_count: 2 }],
      ['route.execute', { route: null, error: true, error_type: 'string', message: 'enough' }],
    ]);
  });
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'predicate',
    () => processConditional(1, 'x' as never, { handlers: {} }),
    "option predicate must be a function, but is 'x' (string)",
  ],
  [
    'handlers',
    () => processConditional(1, sizeOf, { handlers: null as never }),
    'option handlers must be an object of functions by route, but is null',
  ],
  [
    'handler',
    () => processConditional(1, sizeOf, { handlers: { large: 1 as never, small: () => 1 } }),
    'option handlers.large must be a function, but is 1 (number)',
  ],
  [
    'default',
    () => processConditional(1, sizeOf, { handlers: {}, default: 1 as never }),
    'option default must be a function, but is 1 (number)',
  ],
  [
    'signal',
    () => processConditional(1, sizeOf, { handlers, signal: 1 as never }),
    'option signal must be an AbortSignal, but is 1 (number)',
  ],
  ['observer', () => processConditional(1, sizeOf, { handlers, observer: 'nobody' }), 'unknown observer: nobody'],
])('a wrong %s is refused before any work', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('the compiler checks the names of the routes', async () => {
  const run = processConditional(7, sizeOf, { handlers });
  expectTypeOf(run).resolves.toEqualTypeOf<string>();
  // @ts-expect-error: 'small' has no handler, and there is no default
  await processConditional(7, sizeOf, { handlers: { large: () => 1 } });
  // @ts-expect-error: the predicate never answers 'medium'
  await processConditional(7, sizeOf, { handlers: { large: () => 1, small: () => 1, medium: () => 1 } });
  // @ts-expect-error: the predicate never answers 'medium', default or not
  await processConditional(7, sizeOf, { handlers: { medium: () => 1 }, default: () => 1 });
});
