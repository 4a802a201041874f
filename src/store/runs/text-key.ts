import { createHash } from 'node:crypto';

/** The key of a text: the first 128 bits of its SHA-256, in base64url (22 characters). */
export function textKey(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}
