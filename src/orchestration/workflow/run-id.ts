import type { Host } from '../../foundation/runtime.js';

/** A new UUID of version 7 (RFC 9562): later ones sort behind earlier ones, to the millisecond. */
export function createRunId(host: Host): string {
  const time = Math.floor(host.wallTime()).toString(16).padStart(12, '0').slice(-12);
  const variant = (8 + Math.floor(host.random() * 4)).toString(16);
  const chance = randomHex(host, 6);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomHex(host, 3)}-${variant}${randomHex(host, 3)}-${chance}${randomHex(host, 6)}`;
}

function randomHex(host: Host, digits: number): string {
  return Math.floor(host.random() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');
}
