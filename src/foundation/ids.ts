import type { Runtime } from './runtime.js';

/** Three hexadecimal digits for every number of 12 bits. */
const hex3 = Array.from({ length: 4_096 }, (_, value) => value.toString(16).padStart(3, '0'));
const largestCounter = 4_095;

/**
 * Makes a source of UUIDs of version 7: milliseconds since the epoch, a counter of 12 bits, 62 random bits. The ids sort
 * in the order of their creation: within a millisecond, or when the clock goes back, the counter continues from a random
 * start below 2048; when the counter is used up, the time of the ids runs ahead of the clock (RFC 9562, 6.2, method 1).
 */
export function createIds(runtime: Pick<Runtime, 'wallTime' | 'random'>): () => string {
  let millisecond = -1;
  let prefix = '';
  let counter = 0;
  const begin = (time: number) => {
    const digits = time.toString(16).padStart(12, '0');
    prefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    millisecond = time;
    counter = draw(runtime, 2_048);
  };
  return () => {
    const now = Math.floor(runtime.wallTime());
    if (now > millisecond) begin(now);
    else if (counter === largestCounter) begin(millisecond + 1);
    else counter += 1;
    const variant = draw(runtime, 16_384);
    const left = draw(runtime, 16_777_216);
    const right = draw(runtime, 16_777_216);
    const node = `${hex3[left >>> 12]}${hex3[left & 4_095]}${hex3[right >>> 12]}${hex3[right & 4_095]}`;
    return `${prefix}${hex3[counter]}-${'89ab'[variant >>> 12]}${hex3[variant & 4_095]}-${node}`;
  };
}

function draw(runtime: Pick<Runtime, 'random'>, below: number): number {
  return Math.floor(runtime.random() * below);
}

const sources = new WeakMap<Runtime, () => string>();

/** A new UUID of version 7. All ids of one runtime sort in the order of their creation. */
export function createId(runtime: Runtime): string {
  let next = sources.get(runtime);
  if (!next) {
    next = createIds(runtime);
    sources.set(runtime, next);
  }
  return next();
}
