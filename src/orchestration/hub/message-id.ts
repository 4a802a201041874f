import type { Runtime } from '../../foundation/runtime.js';

/** Three hexadecimal digits for every number of 12 bits. */
const hex3 = Array.from({ length: 4_096 }, (_, value) => value.toString(16).padStart(3, '0'));
const largestCounter = 4_095;

/**
 * Makes a source of UUIDs of version 7: milliseconds since the epoch, a counter of 12 bits, 62 bits of chance.
 * They sort in the order in which they were made: within a millisecond, or when the clock goes back, the counter goes
 * on from a random start below 2048; when it is used up, the time of the ids runs ahead of the clock
 * (RFC 9562, 6.2, method 1).
 *
 * @example
 * const nextId = createMessageIds(nodeRuntime);
 * console.log(nextId() < nextId()); // true
 */
export function createMessageIds(runtime: Pick<Runtime, 'wallTime' | 'random'>): () => string {
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

/** The one source of ids of a host, so that all messages of a process sort in the order of their making. */
export function messageIdsOf(runtime: Runtime): () => string {
  const known = sources.get(runtime);
  if (known) return known;
  const made = createMessageIds(runtime);
  sources.set(runtime, made);
  return made;
}
