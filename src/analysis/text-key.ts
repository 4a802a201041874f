import crypto, { createHash } from 'node:crypto';

/** In one call where this Node has it (20.12): it takes a third of the time. */
const sha256: (text: string) => string = crypto.hash
  ? (text) => crypto.hash('sha256', text, 'base64url')
  : (text) => createHash('sha256').update(text).digest('base64url');

/** Characters of 128 bits in base64url, with four bits more. */
const keyLength = 22;

/** The key of a text: the beginning of its SHA-256 in base64url, 132 bits. */
export function textKey(text: string): string {
  return sha256(text).slice(0, keyLength);
}
