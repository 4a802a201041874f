import { setFlagsFromString } from 'node:v8';

/**
 * Has the heap grow by at most so many percent before the next collection: left to itself, V8 lets it become several times
 * as large as what is in it.
 */
export function boundHeap(growingPercent: number): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
}
