import { chainNode, conditionalNode, parallelNode, type State } from '../../../src/orchestration/index.js';
import { testMessages, wrong } from '../messages.js';

const same = (n: number) => n;
const stay = (state: State) => state;
const work = { items: () => [1], processor: same, aggregate: wrong(stay) };

testMessages([
  ['a parallel node', () => parallelNode(wrong(undefined)), 'option definition must be an object, but is undefined'],
  ['its items', () => parallelNode({ ...work, items: wrong([1]) }), 'option items must be a function, but is an array'],
  [
    'its workers',
    () => parallelNode({ ...work, maxWorkers: -1 }),
    'option maxWorkers must be a whole number of at least 0, but is -1 (number)',
  ],
  [
    'its failFast',
    () => parallelNode({ ...work, failFast: wrong('no') }),
    "option failFast must be true or false, but is 'no' (string)",
  ],
  ['a chain node', () => chainNode(wrong(null)), 'option definition must be an object, but is null'],
  [
    'its onProgress',
    () => chainNode({ items: () => [1], processor: wrong(stay), onProgress: wrong(1) }),
    'option onProgress must be a function, but is 1 (number)',
  ],
  [
    'a handler of a conditional node',
    () => conditionalNode(() => 'a', { handlers: { a: wrong(1) } }),
    'option handlers.a must be a function, but is 1 (number)',
  ],
  [
    'handlers of a conditional node',
    () => conditionalNode(() => 'a', { handlers: wrong(null) }),
    'option handlers must be an object of functions by route, but is null',
  ],
]);
