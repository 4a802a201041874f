/** Shorter secrets (`none`) are none: hiding them would spoil messages. */
const shortestSecret = 4;

/** Longer ones are no words of an answer, so that they can be taken out of answers too. */
const neverInAnswers = 8;

/** What stands in the place of a secret. */
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
export function concealSecrets(response: Response, secrets: readonly string[]): Response {
  const least = response.ok ? neverInAnswers : shortestSecret;
  const found = secrets.filter((secret) => secret.length >= least).sort((a, b) => b.length - a.length);
  if (found.length === 0) return response;
  const headers = new Headers(response.headers);
  // Its length may change.
  headers.delete('content-length');
  for (const [name, value] of headers) headers.set(name, replaced(value, found));
  const { status, body } = response;
  const statusText = replaced(response.statusText, found);
  return new Response(body?.pipeThrough(concealing(found)) ?? null, { status, statusText, headers });
}

function replaced(text: string, secrets: readonly string[]): string {
  return secrets.reduce((safe, secret) => safe.replaceAll(secret, hidden), text);
}

/** Replaces secrets in a stream, also where one comes in two chunks. */
function concealing(secrets: readonly string[]): TransformStream<Uint8Array, Uint8Array> {
  // One character a byte: secrets outside ASCII are found as their bytes.
  const wanted = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  let kept = '';
  const send = (text: string, to: TransformStreamDefaultController<Uint8Array>) => {
    if (text !== '') to.enqueue(Buffer.from(text, 'latin1'));
  };
  return new TransformStream({
    transform(chunk, to) {
      const text = replaced(kept + Buffer.from(chunk).toString('latin1'), wanted);
      const open = Math.max(...wanted.map((secret) => begunAtEnd(text, secret)));
      kept = text.slice(text.length - open);
      send(text.slice(0, text.length - open), to);
    },
    flush: (to) => send(kept, to),
  });
}

/** How many characters at the end of a text are the beginning of a secret. */
function begunAtEnd(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length -= 1) {
    if (secret.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}
