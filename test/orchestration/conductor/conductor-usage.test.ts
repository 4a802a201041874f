import { type Logger, pino } from 'pino';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { InvalidOptionError, UnknownObserverError } from '../../../src/foundation/errors/chorale-error.js';
import {
  ConductorStateError,
  ProcessFailedError,
  ProcessUnfinishedError,
} from '../../../src/orchestration/conductor/conductor-errors.js';
import {
  Conductor,
  type ConductorEnd,
  type ConductorLogger,
  type ConductorOptions,
  type Process,
  type ProcessFailure,
} from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';

const quick: Process = { name: 'quick', run() {}, stop() {} };
const runtime = createManualClock();

/** What a caller without types may hand over. */
function conductorOf(processes: unknown, options: unknown = {}): Conductor {
  return Reflect.construct(Conductor, [processes, options]);
}

describe('a conductor that is made wrongly', () => {
  test.each([
    ['processes', undefined, {}, 'option processes must be an array, but is undefined'],
    ['a process', [quick, null], {}, 'option processes[1] must be a process, but is null'],
    [
      'a name',
      [{ ...quick, name: '' }],
      {},
      "option processes[0].name must be a text that is not empty, but is '' (string)",
    ],
    [
      'a name given twice',
      [quick, { ...quick, name: 'b' }, quick],
      {},
      "option processes[2].name must be different from the names before it, but is 'quick' (string)",
    ],
    [
      'run',
      [{ ...quick, run: 1 }],
      {},
      "option processes[0].run (process 'quick') must be a function, but is 1 (number)",
    ],
    [
      'stop',
      [{ ...quick, stop: 1 }],
      {},
      "option processes[0].stop (process 'quick') must be a function, but is 1 (number)",
    ],
    [
      'stopTimeoutMs',
      [],
      { stopTimeoutMs: -1 },
      'option stopTimeoutMs must be a number of at least 0, but is -1 (number)',
    ],
    [
      'no stopTimeoutMs',
      [],
      { stopTimeoutMs: Number.NaN },
      'option stopTimeoutMs must be a number of at least 0, but is NaN (number)',
    ],
    [
      'a text as stopTimeoutMs',
      [],
      { stopTimeoutMs: '5' },
      "option stopTimeoutMs must be a number of at least 0, but is '5' (string)",
    ],
    ['signals', [], { signals: 'SIGINT' }, "option signals must be an array, but is 'SIGINT' (string)"],
    ['signal', [], { signal: 1 }, 'option signal must be an AbortSignal, but is 1 (number)'],
    ['logger', [], { logger: {} }, 'option logger.info must be a function, but is undefined'],
    ['no logger', [], { logger: null }, 'option logger.info must be a function, but is undefined'],
    ['name', [], { name: '' }, "option name must be a text that is not empty, but is '' (string)"],
  ])('says so before any work: %s', (_, processes, options, message) => {
    expect(() => conductorOf(processes, options)).toThrow(InvalidOptionError);
    expect(() => conductorOf(processes, options)).toThrow(message);
  });

  test('names the observers that are known', () => {
    expect(() => new Conductor([], { observer: 'syslog' })).toThrow(UnknownObserverError);
  });

  test('cannot listen to a signal that the system does not give away, and starts nothing then', () => {
    const started: string[] = [];
    const conductor = new Conductor([{ ...quick, run: () => void started.push('quick') }], { signals: ['SIGKILL'] });
    expect(() => conductor.run()).toThrow(/^option signals must be of .*, but is 'SIGKILL' \(string\)$/);
    expect(started).toEqual([]);
  });
});

describe('a conductor out of turn', () => {
  test('runs once only', async () => {
    const conductor = new Conductor([quick], { runtime, name: 'shop' }).run();
    expect(() => conductor.run()).toThrow(
      new ConductorStateError('shop', 'has been run already, and runs once only; make another one'),
    );
    await conductor.thenStop();
    expect(() => conductor.run()).toThrow(
      "conductor 'shop' has been run already, and runs once only; make another one",
    );
  });

  test('cannot be waited for before it runs', () => {
    expect(() => new Conductor([quick], { runtime }).thenStop()).toThrow(
      "conductor 'conductor' has not been run yet; call run() before thenStop()",
    );
  });

  test('may be waited for by several', async () => {
    const conductor = new Conductor([quick], { runtime }).run();
    expect(await conductor.thenStop()).toBe(await conductor.thenStop());
  });
});

test('a process added to the list afterwards is none of its own', async () => {
  const processes = [quick];
  const started: string[] = [];
  const conductor = new Conductor(processes, { runtime });
  processes.push({ ...quick, name: 'late', run: () => void started.push('late') });
  await conductor.run().thenStop();
  expect(started).toEqual([]);
});

test('the errors carry what a program needs', () => {
  const failed = new ProcessFailedError('api', new Error('boom'));
  expect(failed).toMatchObject({ code: 'CHORALE_PROCESS_FAILED', message: "process 'api' failed: boom" });
  const unfinished = new ProcessUnfinishedError('api', ['run', 'stop'], 5_000);
  expect(unfinished).toMatchObject({ code: 'CHORALE_PROCESS_UNFINISHED', process: 'api', limit: 5_000 });
  expect(new ConductorStateError('shop', 'is new').code).toBe('CHORALE_CONDUCTOR_STATE');
});

test('a pino logger is a logger', async () => {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  await new Conductor([quick], { runtime, logger }).run().thenStop();
  expect(lines).toEqual([
    '{"level":30,"msg":"initializing conductor engine"}\n',
    '{"level":30,"process":"quick","msg":"starting process"}\n',
  ]);
});

test('the types say what comes and goes', () => {
  expectTypeOf<Logger>().toExtend<ConductorLogger>();
  expectTypeOf<Conductor['thenStop']>().returns.resolves.toEqualTypeOf<ConductorEnd>();
  expectTypeOf<Conductor['errors']>().returns.toEqualTypeOf<AsyncIterableIterator<ProcessFailure>>();
  expectTypeOf<ProcessFailure['error']>().toBeUnknown();
  expectTypeOf<ConductorOptions>().toHaveProperty('stopTimeoutMs').toEqualTypeOf<number | undefined>();
  const endless: Process = { name: 'endless', run() {} };
  expect(endless.name).toBe('endless');
});
