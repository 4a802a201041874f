import type { Runtime } from '../../foundation/runtime.js';

/** A random UUID (version 4, RFC 9562) from the host's chance. */
export function createRunId(runtime: Runtime): string {
  const word = () => Math.floor(runtime.random() * 2 ** 32);
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
  const second = (word() & 0xffff0fff) | 0x00004000;
  const third = (word() & 0x3fffffff) | 0x80000000;
  const [a, b, c, d] = [hex(word()), hex(second), hex(third), hex(word())];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}
