import { processParallel, runBounded, streamParallel } from '../../../src/orchestration/index.js';
import { testMessages, wrong } from '../messages.js';

const same = (n: number) => n;
const known = 'known: noop, pino, slog, text';

testMessages([
  [
    'items',
    () => processParallel(wrong('ab'), same),
    "option items must be an array, an iterable or async iterable, but is 'ab' (string)",
  ],
  ['processor', () => processParallel([1], wrong(1)), 'option processor must be a function, but is 1 (number)'],
  ['options', () => processParallel([1], same, wrong(null)), 'option options must be an object, but is null'],
  ...[-1, 1.5, Number.NaN, 2 ** 53].map(
    (value) =>
      [
        `maxWorkers ${value}`,
        () => processParallel([1], same, { maxWorkers: value }),
        `option maxWorkers must be a whole number of at least 0, but is ${value} (number)`,
      ] as const,
  ),
  [
    'workerCap',
    () => processParallel([1], same, { workerCap: 0 }),
    'option workerCap must be a whole number of at least 1, but is 0 (number)',
  ],
  [
    'failFast',
    () => processParallel([1], same, { failFast: wrong('no') }),
    "option failFast must be true or false, but is 'no' (string)",
  ],
  [
    'signal',
    () => processParallel([1], same, { signal: wrong({ aborted: false }) }),
    'option signal must be an AbortSignal, but is an object',
  ],
  [
    'onProgress',
    () => processParallel([1], same, { onProgress: wrong(true) }),
    'option onProgress must be a function, but is true (boolean)',
  ],
  ['an unknown observer', () => processParallel([1], same, { observer: 'pin' }), `unknown observer: pin (${known})`],
  [
    'what is no observer',
    () => processParallel([1], same, { observer: wrong([]) }),
    'option observer must be an observer, or the name of a registered one, but is an array',
  ],
  [
    'concurrency of runBounded',
    () => runBounded([1], same, { concurrency: Number.NaN }),
    'option concurrency must be a whole number of at least 1, or Infinity, but is NaN (number)',
  ],
  [
    'operation of runBounded',
    () => runBounded([1], wrong({})),
    'option operation must be a function, but is an object',
  ],
  [
    'items of runBounded',
    () => runBounded(wrong(5), same),
    'option items must be an iterable or async iterable, but is 5 (number)',
  ],
  [
    'input of streamParallel',
    () => streamParallel(wrong(5), same),
    'option input must be an iterable or async iterable, but is 5 (number)',
  ],
  [
    'concurrency of streamParallel',
    () => streamParallel([1], same, { concurrency: 0 }),
    'option concurrency must be a whole number of at least 1, or Infinity, but is 0 (number)',
  ],
  [
    'backpressure of streamParallel',
    () => streamParallel([1], same, { backpressure: 0.5 }),
    'option backpressure must be a whole number of at least 1, but is 0.5 (number)',
  ],
  [
    'a source that is no iterator',
    () => streamParallel({ [Symbol.iterator]: () => ({ next: () => wrong(7) }) }, same).next(),
    'an iterator must give an object, but gave 7',
  ],
]);
