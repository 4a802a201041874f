import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type Event, noopObserver, type Observer } from '../../foundation/events/event.js';
import { requireObject } from '../require-option.js';

/** @throws InvalidOptionError for a secret that has no text form: nothing could find it in a message */
export function requireSecrets(secrets: Readonly<Record<string, unknown>>): void {
  requireObject('secrets', secrets);
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret === '' || textsOf(secret).size > 0) continue;
    throw new InvalidOptionError(`secrets.${name}`, 'a text, a number, bytes, or an object that contains some', secret);
  }
}

/**
 * A text in which the secrets, and the texts inside them, are replaced by their names. Where one is part of another, the
 * longer one counts. A name that was put in is not searched again.
 */
export function conceal(text: string, secrets: ReadonlyMap<string, unknown>): string {
  const names = new Map<string, string>();
  for (const [name, secret] of secrets) {
    for (const part of textsOf(secret)) if (!names.has(part)) names.set(part, name);
  }
  if (names.size === 0) return text;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = longestFirst.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
  return text.replace(new RegExp(pattern, 'g'), (found) => `[secret ${names.get(found)}]`);
}

/** The texts as which a secret, or a part of it, may stand in a message: none that is empty. */
function textsOf(secret: unknown): ReadonlySet<string> {
  const texts = new Set<string>();
  const seen = new Set<object>();
  const add = (text: string) => {
    if (text === '') return;
    texts.add(text);
    // As in JSON.
    texts.add(JSON.stringify(text).slice(1, -1));
  };
  const visit = (value: unknown): void => {
    if (typeof value === 'string') add(value);
    if (typeof value === 'number' || typeof value === 'bigint') add(String(value));
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof String || value instanceof Number) visit(value.valueOf());
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      for (const form of formsOfBytes(value)) add(form);
    else {
      for (const form of ownForms(value)) add(form);
      if (value instanceof Error) for (const inner of [value.message, value.cause]) visit(inner);
      if (value instanceof Map || value instanceof Set || value instanceof Headers)
        for (const inner of value) visit(inner);
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit(secret);
  return texts;
}

const encodings = ['utf8', 'latin1', 'hex', 'base64', 'base64url'] as const;

function formsOfBytes(bytes: ArrayBufferView | ArrayBuffer): readonly string[] {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(bytes)
    ? bytes
    : { buffer: bytes, byteOffset: 0, byteLength: bytes.byteLength };
  const copy = Buffer.from(buffer, byteOffset, byteLength);
  return [...encodings.map((encoding) => copy.toString(encoding)), copy.join(','), copy.join(', '), spacedHex(copy)];
}

/** As Node prints bytes. */
function spacedHex(bytes: Buffer): string {
  return bytes.toString('hex').replaceAll(/..(?!$)/g, '$& ');
}

/** What an object of a class says of itself, as a URL its address. Never throws. */
function ownForms(value: object): readonly string[] {
  const forms = ['toString', 'toJSON'].map((method) => {
    try {
      const make: unknown = Reflect.get(value, method);
      if (typeof make !== 'function' || make === Object.prototype.toString || Array.isArray(value)) return '';
      const form: unknown = make.call(value);
      return typeof form === 'string' && !form.startsWith('[object ') ? form : '';
    } catch {
      return '';
    }
  });
  return value instanceof URL ? [...forms, ...formsOfUrl(value)] : forms;
}

/** The credentials and parameters of an address, encoded and decoded. */
function formsOfUrl({ username, password, searchParams }: URL): readonly string[] {
  return [username, password, ...[username, password].map(decoded), ...searchParams.values()];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Passes events on without the secrets that the message of a failure may contain. */
export function concealing(observer: Observer, conceal: (text: string) => string): Observer {
  if (observer === noopObserver) return observer;
  return {
    onEvent(event) {
      const { data } = event;
      if (!('message' in data) || typeof data.message !== 'string') observer.onEvent(event);
      else observer.onEvent({ ...event, data: { ...data, message: conceal(data.message) } } as Event);
    },
  };
}
