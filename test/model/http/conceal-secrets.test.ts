import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concealSecrets, credentialForms } from '../../../src/model/http/conceal-secrets.js';
import { fromFetch, type HttpResponse, readText } from '../../../src/model/http/http-response.js';

/** A response whose body comes in the given pieces. */
function responseOf(pieces: readonly Uint8Array[], status: number): HttpResponse {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return fromFetch(new Response(body, { status, headers: { 'content-type': 'text/plain; s3cret-pass' } }));
}

/** A text in pieces of which none is longer than a few bytes. */
function cut(text: string, sizes: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const secret = 's3cret-päss';
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const around = fc.string({ unit: fc.constantFrom(...'s3cret-ä x\n€') });

describe('secrets in what a server sends', () => {
  test('are found however the body is cut into pieces, and nothing else changes', async () => {
    await fc.assert(
      fc.asyncProperty(around, around, around, sizes, async (first, second, third, pieces) => {
        const sent = `${first}${secret}${second}${secret}${third}`;
        const read = await readText(concealSecrets(responseOf(cut(sent, pieces), 500), [secret]));
        expect(read).toBe(sent.replaceAll(secret, '[hidden]'));
      }),
    );
  });

  test('a text without them is unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), sizes, async (text, pieces) => {
        fc.pre(!text.includes(secret));
        expect(await readText(concealSecrets(responseOf(cut(text, pieces), 500), [secret]))).toBe(text);
      }),
    );
  });

  test('are not in the headers either', () => {
    const { headers } = concealSecrets(responseOf([], 500), ['s3cret-pass']);
    expect(headers.get('content-type')).toBe('text/plain; [hidden]');
  });

  test('a short one stays in answers, where it may be a word, and never in errors', async () => {
    expect(await readText(concealSecrets(responseOf(cut('good', [4]), 200), ['good']))).toBe('good');
    expect(await readText(concealSecrets(responseOf(cut('good', [4]), 400), ['good']))).toBe('[hidden]');
  });

  test('have all the forms in which a server may repeat them', () => {
    expect(credentialForms('ann', 'p"ä/x')).toEqual([
      'p"ä/x',
      'ann:p"ä/x',
      'p%22%C3%A4%2Fx',
      'ann%3Ap%22%C3%A4%2Fx',
      'p\\"ä/x',
      'ann:p\\"ä/x',
      Buffer.from('ann:p"ä/x').toString('base64'),
    ]);
    expect(credentialForms('token', '')).toContain('token');
  });
});
