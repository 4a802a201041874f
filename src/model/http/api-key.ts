import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';

/**
 * A key without the white space around it; undefined if there is none.
 * @throws InvalidOptionError when it cannot be sent; the key is not in the message
 */
export function readApiKey(given: string | undefined): string | undefined {
  const key = given?.trim();
  if (!key) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new InvalidOptionError('apiKey', 'of visible ASCII characters', '(not shown)');
  }
  return key;
}
