import { print } from './standard-streams.js';

/** Prints a value as JSON in one line. Control characters that JSON leaves as they are become escapes, too. */
export async function printJson(value: unknown): Promise<void> {
  const text = JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await print(`${text}\n`);
}
