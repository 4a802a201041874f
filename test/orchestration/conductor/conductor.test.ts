import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAbortController, sleep } from '../../../src/foundation/abort.js';
import { InterruptedError } from '../../../src/foundation/errors/chorale-error.js';
import { ProcessFailedError, ProcessUnfinishedError } from '../../../src/orchestration/conductor/conductor-errors.js';
import {
  Conductor,
  type ConductorOptions,
  type Process,
  type ProcessFailure,
  type StopContext,
} from '../../../src/orchestration/index.js';
import { ParallelCancelledError } from '../../../src/orchestration/parallel/parallel-errors.js';
import { createManualClock } from '../../../src/testing/index.js';

/** A process that runs until it is told to stop. */
function obedient(name: string, overrides: Partial<Process> = {}): Process {
  return { name, run: ({ signal }) => untilAborted(signal), stop() {}, ...overrides };
}

/** A process that never ends, whatever it is told. */
function deaf(name: string): Process {
  return { name, run: () => new Promise(() => {}), stop() {} };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function conduct(processes: readonly Process[], options: ConductorOptions = {}) {
  const clock = createManualClock();
  const conductor = new Conductor(processes, { runtime: clock, ...options });
  return { clock, conductor };
}

async function allFailures(conductor: Conductor): Promise<ProcessFailure[]> {
  const failures: ProcessFailure[] = [];
  for await (const failure of conductor.errors()) failures.push(failure);
  return failures;
}

const returned = { outcome: 'returned', forced: false, unfinished: [] };

describe('processes that return', () => {
  test('run side by side, and when all have returned it is over, without stop being called', async () => {
    const calls: string[] = [];
    const gate = createAbortController();
    const waiting = (name: string): Process => ({
      name,
      run: async () => {
        calls.push(`run ${name}`);
        await untilAborted(gate.signal).catch(() => {});
      },
      stop: () => void calls.push(`stop ${name}`),
    });
    const { conductor } = conduct([waiting('a'), waiting('b')]);
    conductor.run();
    expect(calls).toEqual(['run a', 'run b']);
    gate.abort();
    expect(await conductor.thenStop()).toEqual(returned);
    expect(calls).toEqual(['run a', 'run b']);
    expect(await allFailures(conductor)).toEqual([]);
  });

  test('do not stop the others', async () => {
    const { clock, conductor } = conduct([
      { name: 'quick', run: () => {}, stop() {} },
      { name: 'slow', run: ({ signal }) => sleep(clock, 1_000, signal), stop() {} },
    ]);
    let over = false;
    const end = conductor
      .run()
      .thenStop()
      .finally(() => {
        over = true;
      });
    await clock.advance(999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(await end).toEqual(returned);
  });

  test('may be none', async () => {
    expect(await conduct([]).conductor.run().thenStop()).toEqual(returned);
  });

  test('are told their name', async () => {
    const seen: unknown[] = [];
    const member = obedient('a', {
      run: ({ process, signal }) => {
        seen.push(process);
        return untilAborted(signal);
      },
      stop: ({ process }) => void seen.push(process),
    });
    const { clock, conductor } = conduct([member]);
    conductor.run();
    clock.emitSignal('SIGINT');
    await conductor.thenStop();
    expect(seen).toEqual(['a', 'a']);
  });

  test('keep their this', async () => {
    class Counter implements Process {
      readonly name = 'counter';
      count = 0;
      run() {
        this.count += 1;
        throw new Error('enough');
      }
      stop() {
        this.count += 10;
      }
    }
    const counter = new Counter();
    await conduct([counter]).conductor.run().thenStop();
    expect(counter.count).toBe(11);
  });
});

describe('a process that fails', () => {
  test.each([
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws at once',
      () => {
        throw new Error('boom');
      },
    ],
  ])('stops all when it %s, those beside it have been started', async (_, run) => {
    const calls: string[] = [];
    const reasons: unknown[] = [];
    const { conductor } = conduct([
      { name: 'bad', run, stop: () => void calls.push('stop bad') },
      obedient('good', {
        run: async ({ signal }) => {
          calls.push('run good');
          await untilAborted(signal).catch((error) => {
            calls.push('abort good');
            reasons.push(error);
          });
        },
        stop: ({ reason }) => {
          calls.push('stop good');
          reasons.push(reason);
        },
      }),
    ]);
    expect(await conductor.run().thenStop()).toEqual({ outcome: 'failed', forced: false, unfinished: [] });
    expect(calls).toEqual(['run good', 'abort good', 'stop bad', 'stop good']);
    expect(reasons[0]).toBe(reasons[1]);
    expect(reasons[0]).toBeInstanceOf(ProcessFailedError);
    expect(reasons[0]).toMatchObject({
      message: "process 'bad' failed: boom",
      process: 'bad',
      cause: { message: 'boom' },
    });
    expect(await allFailures(conductor)).toEqual([{ process: 'bad', error: new Error('boom') }]);
  });

  test('may throw nothing at all', async () => {
    const { conductor } = conduct([{ name: 'bad', run: () => Promise.reject(undefined), stop() {} }]);
    expect((await conductor.run().thenStop()).outcome).toBe('failed');
    expect(await allFailures(conductor)).toEqual([{ process: 'bad', error: undefined }]);
  });

  test('when others have returned already, is stopped with them', async () => {
    const stopped: string[] = [];
    const gate = createAbortController();
    const { conductor } = conduct([
      { name: 'done', run() {}, stop: () => void stopped.push('done') },
      { name: 'bad', run: () => untilAborted(gate.signal), stop: () => void stopped.push('bad') },
    ]);
    conductor.run();
    await nextTurn();
    gate.abort(new Error('boom'));
    expect((await conductor.thenStop()).outcome).toBe('failed');
    expect(stopped).toEqual(['done', 'bad']);
  });

  test('while all are being stopped, is among the errors and does not change why', async () => {
    const { clock, conductor } = conduct([
      obedient('a', { run: ({ signal }) => untilAborted(signal).catch(() => Promise.reject(new Error('broken off'))) }),
      obedient('b', { stop: () => Promise.reject(new Error('cannot stop')) }),
      obedient('c', {
        stop: () => {
          throw new Error('cannot stop either');
        },
      }),
    ]);
    conductor.run();
    clock.emitSignal('SIGTERM');
    expect(await conductor.thenStop()).toEqual({ outcome: 'interrupted', forced: false, unfinished: [] });
    const failures = await allFailures(conductor);
    expect(failures.map(({ process, error }) => [process, String(error)]).sort()).toEqual([
      ['a', 'Error: broken off'],
      ['b', 'Error: cannot stop'],
      ['c', 'Error: cannot stop either'],
    ]);
  });
});

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'])('%s aborts the signal of all, then calls every stop', async (name) => {
    const calls: string[] = [];
    const member = (process: string) =>
      obedient(process, {
        run: ({ signal }) => {
          signal.addEventListener('abort', () => void calls.push(`abort ${process}`), { once: true });
          return untilAborted(signal);
        },
        stop: ({ reason }) => {
          calls.push(`stop ${process}`);
          expect(reason).toEqual(new InterruptedError(name));
        },
      });
    const { clock, conductor } = conduct([member('a'), member('b')]);
    conductor.run();
    clock.emitSignal(name);
    expect(await conductor.thenStop()).toEqual({ outcome: 'interrupted', forced: false, unfinished: [] });
    expect(calls).toEqual(['abort a', 'abort b', 'stop a', 'stop b']);
    expect(await allFailures(conductor)).toEqual([]);
  });

  test('is one of those that were named', async () => {
    const { clock, conductor } = conduct([obedient('a')], { signals: ['SIGHUP', 'SIGHUP'] });
    conductor.run();
    clock.emitSignal('SIGINT');
    clock.emitSignal('SIGHUP');
    expect(await conductor.thenStop()).toEqual({ outcome: 'interrupted', forced: false, unfinished: [] });
  });

  test('during the start keeps the others from being started', async () => {
    const calls: string[] = [];
    const clock = createManualClock();
    const conductor = new Conductor(
      [
        obedient('a', { run: () => clock.emitSignal('SIGINT'), stop: () => void calls.push('stop a') }),
        obedient('b', { run: () => void calls.push('run b'), stop: () => void calls.push('stop b') }),
      ],
      { runtime: clock },
    );
    expect((await conductor.run().thenStop()).outcome).toBe('interrupted');
    expect(calls).toEqual(['stop a']);
  });

  test('of the caller stops all with its reason', async () => {
    const caller = createAbortController();
    const reason = new Error('enough');
    const reasons: unknown[] = [];
    const { conductor } = conduct([obedient('a', { stop: (context) => void reasons.push(context.reason) })], {
      signal: caller.signal,
    });
    conductor.run();
    caller.abort(reason);
    expect(await conductor.thenStop()).toEqual({ outcome: 'aborted', forced: false, unfinished: [] });
    expect(reasons).toEqual([reason]);
    expect(await allFailures(conductor)).toEqual([]);
  });

  test('of the caller that was aborted before starts nothing', async () => {
    const calls: string[] = [];
    const { conductor } = conduct(
      [{ name: 'a', run: () => void calls.push('run'), stop: () => void calls.push('stop') }],
      { signal: AbortSignal.abort() },
    );
    expect((await conductor.run().thenStop()).outcome).toBe('aborted');
    expect(calls).toEqual([]);
  });

  test.each([
    ['the reason', (signal: AbortSignal) => signal.reason],
    [
      'the error of a cancelled call',
      ({ reason }: AbortSignal) => new ParallelCancelledError(reason, { results: [], errors: [], outcomes: [] }),
    ],
    ['an AbortError', () => new DOMException('aborted', 'AbortError')],
  ])('is obeyed by rejecting with %s', async (_, error) => {
    const { clock, conductor } = conduct([
      obedient('a', { run: ({ signal }) => untilAborted(signal).catch(() => Promise.reject(error(signal))) }),
    ]);
    conductor.run();
    clock.emitSignal('SIGINT');
    await conductor.thenStop();
    expect(await allFailures(conductor)).toEqual([]);
  });

  test('before which an AbortError comes does not excuse it', async () => {
    const error = new DOMException('of another signal', 'AbortError');
    const { conductor } = conduct([obedient('a', { run: () => Promise.reject(error) })]);
    expect((await conductor.run().thenStop()).outcome).toBe('failed');
    expect(await allFailures(conductor)).toEqual([{ process: 'a', error }]);
  });

  test('does not excuse a failure that has its reason as the cause', async () => {
    const errors: Error[] = [];
    const fail = (cause: unknown) => {
      errors.push(new Error('the last batch was not written', { cause }));
      return Promise.reject(errors.at(-1));
    };
    const { clock, conductor } = conduct([
      obedient('a', { run: ({ signal }) => untilAborted(signal).catch(fail) }),
      obedient('b', { stop: ({ reason }) => fail(new DOMException('aborted', { name: 'AbortError', cause: reason })) }),
    ]);
    conductor.run();
    clock.emitSignal('SIGINT');
    await conductor.thenStop();
    const failures = await allFailures(conductor);
    expect(failures.map(({ process }) => process).sort()).toEqual(['a', 'b']);
    expect(failures.map(({ error }) => error)).toEqual(expect.arrayContaining(errors));
  });

  test('does not excuse an endless chain of causes', async () => {
    const error = new Error('ring');
    error.cause = error;
    const { clock, conductor } = conduct([
      obedient('a', { run: ({ signal }) => untilAborted(signal).catch(() => Promise.reject(error)) }),
    ]);
    conductor.run();
    clock.emitSignal('SIGINT');
    await conductor.thenStop();
    expect(await allFailures(conductor)).toEqual([{ process: 'a', error }]);
  });
});

describe('the time for stopping', () => {
  test('is one budget for all, after which those that have not ended are named', async () => {
    const signals: AbortSignal[] = [];
    const { clock, conductor } = conduct([
      deaf('deaf'),
      obedient('good'),
      obedient('endless', {
        stop: ({ signal }: StopContext) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      }),
      { ...deaf('both'), stop: () => new Promise(() => {}) },
    ]);
    conductor.run();
    clock.emitSignal('SIGTERM');
    await clock.advance(4_999);
    expect(signals[0]?.aborted).toBe(false);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    const end = await conductor.thenStop();
    expect(end).toEqual({ outcome: 'interrupted', forced: false, unfinished: ['deaf', 'endless', 'both'] });
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError', message: 'stopTimeoutMs (5000) ran out' });
    const failures = await allFailures(conductor);
    expect(failures.map(({ error }) => error)).toEqual([
      new ProcessUnfinishedError('deaf', ['run'], 5_000),
      new ProcessUnfinishedError('endless', ['stop'], 5_000),
      new ProcessUnfinishedError('both', ['run', 'stop'], 5_000),
    ]);
    expect(String(failures[2]?.error)).toBe(
      "ProcessUnfinishedError: process 'both' did not end within 5000 ms (stopTimeoutMs): run() and stop() not settled",
    );
  });

  test('is not used up by those that end', async () => {
    const { clock, conductor } = conduct([obedient('a')]);
    conductor.run();
    clock.emitSignal('SIGTERM');
    await conductor.thenStop();
    expect([clock.now(), clock.pendingTimers]).toEqual([0, 0]);
  });

  test('may be endless, or none', async () => {
    const endless = conduct([deaf('a')], { stopTimeoutMs: Number.POSITIVE_INFINITY });
    endless.conductor.run();
    endless.clock.emitSignal('SIGINT');
    await endless.clock.advance(1e9);
    expect(endless.clock.pendingTimers).toBe(0);
    endless.clock.emitSignal('SIGINT');
    expect((await endless.conductor.thenStop()).unfinished).toEqual(['a']);

    const none = conduct([deaf('a')], { stopTimeoutMs: 0 });
    none.conductor.run();
    none.clock.emitSignal('SIGINT');
    await none.clock.advance(0);
    expect((await none.conductor.thenStop()).unfinished).toEqual(['a']);
  });

  test('runs out without harm from those that end, or fail, later', async () => {
    const gate = createAbortController();
    const late = () => untilAborted(gate.signal);
    const { clock, conductor } = conduct([{ name: 'a', run: late, stop() {} }, obedient('b', { stop: late })]);
    conductor.run();
    clock.emitSignal('SIGTERM');
    await clock.advance(5_000);
    await conductor.thenStop();
    const before = await allFailures(conductor);
    gate.abort(new Error('too late'));
    await nextTurn();
    expect(await allFailures(conductor)).toEqual(before);
    expect(before).toHaveLength(2);
  });
});

describe('a second signal', () => {
  test('ends the waiting at once, with the unfinished ones named', async () => {
    const signals: AbortSignal[] = [];
    const { clock, conductor } = conduct([
      obedient('good'),
      {
        ...deaf('deaf'),
        stop: ({ signal }: StopContext) => {
          signals.push(signal);
        },
      },
    ]);
    conductor.run();
    clock.emitSignal('SIGINT');
    await nextTurn();
    clock.emitSignal('SIGTERM');
    clock.emitSignal('SIGTERM');
    expect(await conductor.thenStop()).toEqual({ outcome: 'interrupted', forced: true, unfinished: ['deaf'] });
    expect(signals[0]?.reason).toEqual(new InterruptedError('SIGTERM'));
    expect([clock.now(), clock.pendingTimers, clock.signalListeners]).toEqual([0, 0, 0]);
    const [failure] = await allFailures(conductor);
    expect(failure).toEqual({ process: 'deaf', error: new ProcessUnfinishedError('deaf', ['run'], 'SIGTERM') });
    expect(String(failure?.error)).toMatch(
      "process 'deaf' did not end before a second SIGTERM came: run() not settled",
    );
  });

  test('right behind the first still lets every stop be called', async () => {
    const stopped: string[] = [];
    const { clock, conductor } = conduct([
      obedient('a', { stop: () => void stopped.push('a') }),
      { ...deaf('b'), stop: () => void stopped.push('b') },
    ]);
    conductor.run();
    clock.emitSignal('SIGINT');
    clock.emitSignal('SIGINT');
    expect((await conductor.thenStop()).forced).toBe(true);
    expect(stopped).toEqual(['a', 'b']);
  });

  test('right behind the first names those that could not stop, too', async () => {
    const { clock, conductor } = conduct([
      { name: 'returned', run() {}, stop: () => new Promise(() => {}) },
      { ...deaf('deaf'), stop: () => new Promise(() => {}) },
    ]);
    conductor.run();
    await nextTurn();
    clock.emitSignal('SIGINT');
    clock.emitSignal('SIGINT');
    expect((await conductor.thenStop()).unfinished).toEqual(['returned', 'deaf']);
    expect((await allFailures(conductor)).map(({ error }) => error)).toEqual([
      new ProcessUnfinishedError('returned', ['stop'], 'SIGINT'),
      new ProcessUnfinishedError('deaf', ['run', 'stop'], 'SIGINT'),
    ]);
  });

  test('is not the first one that comes after a failure', async () => {
    const { clock, conductor } = conduct([
      { name: 'bad', run: () => Promise.reject(new Error('boom')), stop() {} },
      deaf('deaf'),
    ]);
    conductor.run();
    await nextTurn();
    clock.emitSignal('SIGINT');
    await nextTurn();
    expect(clock.pendingTimers).toBe(1);
    clock.emitSignal('SIGINT');
    expect(await conductor.thenStop()).toEqual({ outcome: 'failed', forced: true, unfinished: ['deaf'] });
  });
});

describe('what is left behind', () => {
  test.each(['returned', 'failed', 'interrupted', 'aborted', 'forced'])('is nothing when it %s', async (how) => {
    const caller = createAbortController();
    const removed: unknown[] = [];
    const remove = caller.signal.removeEventListener.bind(caller.signal);
    caller.signal.removeEventListener = (type: string, listener: never) => {
      removed.push(type);
      remove(type, listener);
    };
    const run = {
      returned: () => {},
      failed: () => Promise.reject(new Error('boom')),
      forced: () => new Promise(() => {}),
    };
    const member = { ...obedient('a'), ...(how in run ? { run: run[how as keyof typeof run] } : {}) };
    const { clock, conductor } = conduct([member], { signal: caller.signal });
    conductor.run();
    expect(clock.signalListeners).toBe(1);
    if (how === 'interrupted' || how === 'forced') clock.emitSignal('SIGINT');
    if (how === 'forced') clock.emitSignal('SIGINT');
    if (how === 'aborted') caller.abort();
    await conductor.thenStop();
    expect([clock.signalListeners, clock.pendingTimers, removed]).toEqual([0, 0, ['abort']]);
  });

  test('is no listener of the process', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
    const conductor = new Conductor([obedient('a')]).run();
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before + 2);
    process.emit('SIGINT', 'SIGINT');
    expect((await conductor.thenStop()).outcome).toBe('interrupted');
    expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('errors()', () => {
  const failing = () => [
    { name: 'a', run: () => Promise.reject(new Error('one')), stop: () => Promise.reject(new Error('two')) },
  ];
  const both = [
    { process: 'a', error: new Error('one') },
    { process: 'a', error: new Error('two') },
  ];

  test('gives every reader all failures, as they happen', async () => {
    const { conductor } = conduct(failing());
    const readers = [allFailures(conductor), allFailures(conductor)];
    conductor.run();
    expect(await Promise.all(readers)).toEqual([both, both]);
  });

  test('keeps them until they are read, however late, and again', async () => {
    const { conductor } = conduct(failing());
    await conductor.run().thenStop();
    await nextTurn();
    expect(await allFailures(conductor)).toEqual(both);
    expect(await allFailures(conductor)).toEqual(both);
  });

  test('may be left before the end', async () => {
    const { conductor } = conduct(failing());
    conductor.run();
    for await (const { error } of conductor.errors()) {
      expect(error).toEqual(new Error('one'));
      break;
    }
    await conductor.thenStop();
  });
});

test('whatever the processes do, it ends within the budget and names everybody who failed or has not ended', async () => {
  const behaviour = fc.constantFrom(
    'returns',
    'rejects',
    'throws',
    'obeys',
    'ignores',
    'waits',
  ) as fc.Arbitrary<string>;
  const trigger = fc.constantFrom('SIGINT', 'caller', 'none');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(behaviour, behaviour), { maxLength: 6 }), trigger, async (kinds, cause) => {
      const clock = createManualClock();
      const caller = createAbortController();
      const act = (kind: string, signal: AbortSignal): unknown => {
        if (kind === 'returns') return undefined;
        if (kind === 'rejects') return Promise.reject(new Error(kind));
        if (kind === 'throws') throw new Error(kind);
        if (kind === 'obeys') return sleep(clock, 1e6, signal);
        return kind === 'ignores' ? new Promise(() => {}) : sleep(clock, 100);
      };
      const processes = kinds.map(([run, stop], index) => ({
        name: `p${index}`,
        run: ({ signal }: { readonly signal: AbortSignal }) => act(run, signal),
        stop: ({ signal }: StopContext) => act(stop, signal),
      }));
      const conductor = new Conductor(processes, { runtime: clock, signal: caller.signal, stopTimeoutMs: 500 }).run();
      await clock.advance(50);
      if (cause === 'SIGINT') clock.emitSignal('SIGINT');
      if (cause === 'caller') caller.abort();
      await clock.advance(600);
      const fails = kinds.some(([run]) => run === 'rejects' || run === 'throws');
      const stays = kinds.some(([run]) => run === 'obeys' || run === 'ignores');
      if (cause === 'none' && !fails && stays) caller.abort();
      await clock.advance(600);
      const end = await conductor.thenStop();
      const stopped = end.outcome !== 'returned';
      const hangs = ([run, stop]: readonly [string, string]) =>
        run === 'ignores' || stop === 'ignores' || stop === 'obeys';
      const expected = processes
        .filter((_, index) => stopped && hangs(kinds[index] ?? ['', '']))
        .map(({ name }) => name);
      expect(end.unfinished).toEqual(expected);
      const failed = new Set((await allFailures(conductor)).map(({ process }) => process));
      for (const [index, [run, stop]] of kinds.entries()) {
        const bad = [run, ...(stopped ? [stop] : [])].some((kind) => kind === 'rejects' || kind === 'throws');
        expect(failed.has(`p${index}`), `p${index}`).toBe(bad || end.unfinished.includes(`p${index}`));
      }
      expect(clock.signalListeners).toBe(0);
    }),
    { numRuns: 150 },
  );
});
