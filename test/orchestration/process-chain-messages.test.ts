import { processChain } from '../../src/orchestration/index.js';
import { testMessages, wrong } from './messages.js';

const same = (n: number) => n;
const known = 'known: noop, pino, slog, text';

testMessages([
  [
    'items',
    () => processChain(wrong({}), 0, same),
    'option items must be an iterable or async iterable, but is an object',
  ],
  ['processor', () => processChain([1], 0, wrong('f')), "option processor must be a function, but is 'f' (string)"],
  ['options', () => processChain([1], 0, same, wrong(5)), 'option options must be an object, but is 5 (number)'],
  [
    'captureIntermediate',
    () => processChain([1], 0, same, { captureIntermediate: wrong(1) }),
    'option captureIntermediate must be true or false, but is 1 (number)',
  ],
  [
    'onProgress',
    () => processChain([1], 0, same, { onProgress: wrong({}) }),
    'option onProgress must be a function, but is an object',
  ],
  ['an unknown observer', () => processChain([1], 0, same, { observer: '' }), `unknown observer:  (${known})`],
  [
    'a step that fails',
    () => processChain(['a', 'b'], 0, (item) => (item === 'b' ? Promise.reject(new Error('boom')) : 1)),
    'chain failed at step 1: boom',
  ],
]);
