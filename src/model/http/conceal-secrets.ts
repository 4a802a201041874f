import type { ByteReader, HttpResponse } from './http-response.js';

/** Shorter secrets (`none`) are none: hiding them would spoil messages. */
const shortestSecret = 4;

/** Longer secrets are not words of an answer, so they are masked in answers too. */
const neverInAnswers = 8;

/** Replaces a secret. */
const hidden = '[hidden]';

/** Forms in which a server may repeat the credentials of an address: as they are, in JSON, encoded for a URL, as the header. */
export function credentialForms(username: string, password: string): readonly string[] {
  const plain = [password, `${username}:${password}`].filter((text) => text !== '' && text !== ':');
  // Behind a name alone there may be a token (`https://TOKEN@host`).
  const secret = password === '' ? [username] : plain;
  const encoded = secret.map((text) => encodeURIComponent(text));
  const quoted = secret.map((text) => JSON.stringify(text).slice(1, -1));
  return [...new Set([...secret, ...encoded, ...quoted, Buffer.from(`${username}:${password}`).toString('base64')])];
}

/**
 * Takes secrets out of what a server sends, before anybody reads it: out of the whole of a response that is an error, and,
 * where they are too long to be words, out of any other. Chunks are passed on at once.
 */
export function concealSecrets(response: HttpResponse, secrets: readonly string[]): HttpResponse {
  const found = secretsFrom(secrets, response.ok ? neverInAnswers : shortestSecret);
  if (found.length === 0) return response;
  const { status, ok, body } = response;
  const get = (name: string) => {
    const value = response.headers.get(name);
    return value === null ? null : replaced(value, found);
  };
  const statusText = replaced(response.statusText, found);
  return { status, statusText, ok, headers: { get }, body: body && concealing(body, found) };
}

/** A problem without secrets: what a server says of an error inside an answer is no answer. */
export function withoutSecrets(problem: string, secrets: readonly string[]): string {
  return replaced(problem, secretsFrom(secrets, shortestSecret));
}

function secretsFrom(secrets: readonly string[], least: number): readonly string[] {
  return secrets.filter((secret) => secret.length >= least).sort((a, b) => b.length - a.length);
}

function replaced(text: string, secrets: readonly string[]): string {
  return secrets.reduce((safe, secret) => safe.replaceAll(secret, hidden), text);
}

/** Replaces secrets in a body, also where one comes in two pieces. */
function concealing(body: ByteReader, secrets: readonly string[]): ByteReader {
  // One character a byte: secrets outside ASCII are found as their bytes.
  const wanted = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  let kept = '';
  return {
    async read() {
      for (;;) {
        const { done, value } = await body.read();
        const text = replaced(kept + (value ? Buffer.from(value).toString('latin1') : ''), wanted);
        const open = done ? 0 : Math.max(...wanted.map((secret) => begunAtEnd(text, secret)));
        kept = text.slice(text.length - open);
        const safe = text.slice(0, text.length - open);
        if (safe !== '') return { done: false, value: Buffer.from(safe, 'latin1') };
        if (done) return { done };
      }
    },
    cancel: (reason) => body.cancel(reason),
  };
}

/** How many characters at the end of a text are the beginning of a secret. */
function begunAtEnd(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length -= 1) {
    if (secret.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}
