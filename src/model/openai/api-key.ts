import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import type { Hide } from '../http/explanation.js';

/** Where the key comes from, for people who have to mend it. */
const variable = 'the environment variable OPENAI_API_KEY';

/** Shorter keys (`none`) are no secrets, and hiding them would spoil messages. */
const shortestSecret = 4;

/**
 * A key without the white space around it; undefined where there is none.
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

/** Takes a key out of what a server says, and what servers leave of it themselves (`sk-12***89`). */
export function hidingOf(key: string | undefined): Hide {
  return (text) => {
    const without = key !== undefined && key.length >= shortestSecret ? text.replaceAll(key, '[hidden]') : text;
    return without.replace(/[^\s'"]*\*{3,}[^\s'"]*/g, '[hidden]');
  };
}

/** What to do when the server refuses the credentials that it was sent. */
export function authAdvice(sent: 'key' | 'address' | 'nothing'): string {
  if (sent === 'key') return `check the API key in ${variable}`;
  return sent === 'address' ? 'check the credentials in the address' : `set the API key in ${variable}`;
}
