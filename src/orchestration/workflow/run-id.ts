import type { Runtime } from '../../foundation/runtime.js';

/** A new UUID of version 7 (RFC 9562): later ones sort behind earlier ones, to the millisecond. */
export function createRunId(runtime: Runtime): string {
  const time = Math.floor(runtime.wallTime()).toString(16).padStart(12, '0').slice(-12);
  const variant = (8 + Math.floor(runtime.random() * 4)).toString(16);
  const chance = randomHex(runtime, 6);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomHex(runtime, 3)}-${variant}${randomHex(runtime, 3)}-${chance}${randomHex(runtime, 6)}`;
}

function randomHex(runtime: Runtime, digits: number): string {
  return Math.floor(runtime.random() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');
}
