import { processConditional } from '../../src/orchestration/index.js';
import { testMessages, wrong } from './messages.js';

const same = (n: number) => n;
const handlers = { buy: same, sell: same };

testMessages([
  [
    'predicate',
    () => processConditional(1, wrong('buy'), { handlers }),
    "option predicate must be a function, but is 'buy' (string)",
  ],
  [
    'options',
    () => processConditional(1, () => 'buy', wrong(undefined)),
    'option options must be an object, but is undefined',
  ],
  [
    'handlers',
    () => processConditional(1, () => 'buy', { handlers: wrong(null) }),
    'option handlers must be an object of functions by route, but is null',
  ],
  [
    'a handler',
    () => processConditional(1, () => 'buy', { handlers: wrong({ buy: 'b' }) }),
    "option handlers.buy must be a function, but is 'b' (string)",
  ],
  [
    'default',
    () => processConditional(1, () => 'buy', { handlers, default: wrong(1) }),
    'option default must be a function, but is 1 (number)',
  ],
  [
    'an unknown route',
    () => processConditional(1, () => wrong('sel'), { handlers }),
    "route: no handler for 'sel', did you mean 'sell'? (known: buy, sell)",
  ],
  [
    'no route at all',
    () => processConditional(1, () => wrong(undefined), { handlers }),
    'route: no handler for undefined (known: buy, sell)',
  ],
  [
    'a handler that fails',
    () => processConditional(1, () => 'buy', { handlers: { buy: () => Promise.reject(new Error('sold out')) } }),
    "route 'buy' failed: sold out (known routes: buy)",
  ],
]);
