import { Conductor, type Process } from '../../../src/orchestration/index.js';
import { testMessages, wrong } from '../messages.js';

const idle: Process = { name: 'api', run() {}, stop() {} };

testMessages([
  ['processes', () => new Conductor(wrong(idle)), 'option processes must be an array, but is an object'],
  ['options', () => new Conductor([], wrong(null)), 'option options must be an object, but is null'],
  [
    'a process without a name',
    () => new Conductor([{ ...idle, name: '' }]),
    "option processes[0].name must be a text that is not empty, but is '' (string)",
  ],
  [
    'a second process of a name',
    () => new Conductor([idle, idle]),
    "option processes[1].name must be different from the names before it, but is 'api' (string)",
  ],
  [
    'a stop that is no function',
    () => new Conductor([{ ...idle, stop: wrong(null) }]),
    "option processes[0].stop (process 'api') must be a function, but is null",
  ],
  ...[-1, Number.NaN, '5s'].map(
    (value) =>
      [
        `stopTimeoutMs ${value}`,
        () => new Conductor([], { stopTimeoutMs: wrong(value) }),
        `option stopTimeoutMs must be a number of at least 0, but is ${typeof value === 'string' ? `'${value}'` : value} (${typeof value})`,
      ] as const,
  ),
  [
    'a logger',
    () => new Conductor([], { logger: wrong({}) }),
    'option logger.info must be a function, but is undefined',
  ],
  [
    'a second run',
    async () => {
      const conductor = new Conductor([idle], { signals: [], name: 'main' }).run();
      await conductor.thenStop();
      conductor.run();
    },
    "conductor 'main' has been run already, and runs once only; make another one",
  ],
]);
