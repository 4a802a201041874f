import { randomUUID } from 'node:crypto';

/** Stands before the digits of a number where it is a string for a moment. No text has it. */
const mark = `number ${randomUUID()} `;
const markedNumber = new RegExp(`"${mark}([-+.\\deE]+)"`, 'g');

/** A number of JSON that JavaScript would write otherwise, or not at all: 64-bit ids, `1.10`, `1e400`, `-0`. */
export class JsonNumber {
  /** @param text as it stands in the file */
  constructor(readonly text: string) {}

  /** For `writeJson`, which puts the digits in its place. */
  toJSON(): string {
    return mark + this.text;
  }

  /** Whether the nearest number of JavaScript has the same value. */
  get isExact(): boolean {
    const number = Number(this.text);
    return Number.isFinite(number) && digitsOf(this.text) === digitsOf(String(number));
  }

  /** The value, where it is an integer of 64 bits; else null. */
  get int64(): bigint | null {
    if (!/^-?\d{1,19}$/.test(this.text)) return null;
    const value = BigInt(this.text);
    return value === BigInt.asIntN(64, value) ? value : null;
  }
}

/** JSON of a value, in which numbers have the digits that they came with. */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text?.includes(mark) ? text.replace(markedNumber, '$1') : text;
}

/** Text that may have such numbers. What it finds inside of strings costs time only. */
const suspects = /(?:^|[:,[\s])-?(?:\d[\d.]{15}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|0\.0{6}|0(?=[\s,\]}]|$)(?<=-0))/;

const stringsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * As `JSON.parse`, but numbers that JavaScript would write otherwise are a `JsonNumber`.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  // What is not JSON is found before anything is put in place of numbers.
  const value: unknown = JSON.parse(text);
  if (!suspects.test(text)) return value;
  let found = 0;
  const marked = text.replace(stringsAndNumbers, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    found += 1;
    return `"${mark}${token}"`;
  });
  if (found === 0) return value;
  return JSON.parse(marked, (_, one: unknown) =>
    typeof one === 'string' && one.startsWith(mark) ? new JsonNumber(one.slice(mark.length)) : one,
  );
}

/** The digits of a number and the position of its point, in any notation. */
function digitsOf(text: string): string {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${part}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  return digits === '' ? '0' : `${sign}${digits}e${Number(exponent) - part.length + (all.length - digits.length)}`;
}

/** Levels of lists and objects that a row may have: enough for data, and few enough to write them again. */
export const maxNesting = 1000;

/** Whether a text has more levels of lists and objects than a row may have, if it is JSON. */
export function isNestedTooDeeply(text: string): boolean {
  if (count(text, '[', maxNesting) + count(text, '{', maxNesting) <= maxNesting) return false;
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === 34) isQuoted = !isQuoted;
    else if (isQuoted) i += unit === 92 ? 1 : 0;
    else if (unit === 91 || unit === 123) {
      depth += 1;
      if (depth > maxNesting) return true;
    } else if (unit === 93 || unit === 125) depth -= 1;
  }
  return false;
}

/** How often a character is in a text, at most `enough` and one. */
function count(text: string, character: string, enough: number): number {
  if (text.length <= enough) return 0;
  let found = 0;
  for (let at = text.indexOf(character); at !== -1 && found <= enough; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}
