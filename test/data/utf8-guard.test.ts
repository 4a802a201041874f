import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/data/data-errors.js';
import { Utf8Guard } from '../../src/data/utf8-guard.js';
import { cut } from './read-text.js';

function guarded(chunks: readonly Uint8Array[], path = 'in.csv'): Buffer {
  const guard = new Utf8Guard(path);
  const parts = chunks.map((chunk) => guard.push(chunk));
  return Buffer.concat([...parts, guard.end()]);
}

function refusal(bytes: Uint8Array, path?: string): string {
  try {
    guarded([bytes], path);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error('the bytes were let through');
}

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const utf32le = (text: string) => Buffer.from(Uint32Array.from(text, (c) => c.codePointAt(0) ?? 0).buffer);
const utf32be = (text: string) => utf32le(text).swap32();
const text = 'id,text\n1,très bien\n2,ça va\n';

describe('the UTF-8 guard', () => {
  it('lets UTF-8 through, whole characters at a time, wherever the stream is cut', () => {
    const unit = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(unit, fc.array(fc.nat()), (tail, positions) => {
        const bytes = Buffer.from(`x${tail.replaceAll('\0', '')}`);
        expect(guarded(cut(bytes, positions))).toEqual(bytes);
      }),
    );
  });

  it('finds the same invalid byte wherever the stream is cut', () => {
    const bytes = Buffer.concat([Buffer.from('id,ü\r\n1,€\n2,'), Buffer.from([0xe9, 0x74, 0xe9]), Buffer.from('\n3')]);
    fc.assert(
      fc.property(fc.array(fc.nat()), (positions) => {
        expect(() => guarded(cut(bytes, positions))).toThrow(/^in\.csv:3: byte 0xE9 /);
      }),
    );
  });

  it('takes the byte-order mark off', () => {
    expect(guarded([Buffer.from('\ufeffa')]).toString()).toBe('a');
    expect(guarded(cut(Buffer.from('\ufeffa'), [1, 2])).toString()).toBe('a');
  });

  it.each([
    ['nothing', ''],
    ['a byte-order mark', '\ufeff'],
    ['whitespace', ' \t\r\n\n'],
    ['a byte-order mark and whitespace', '\ufeff\n'],
  ])('calls a file with %s empty', (_, content) => {
    expect(refusal(Buffer.from(content))).toBe('in.csv: is empty');
  });

  it('names Windows-1252 with the line, the byte and the command that converts it', () => {
    expect(refusal(Buffer.from(text, 'latin1'), 'my data/in.csv')).toBe(
      "my data/in.csv:2: byte 0xE8 is not UTF-8; probably Windows-1252, if the language is a Western European one; convert it: iconv -f WINDOWS-1252 -t UTF-8 'my data/in.csv' > 'my data/in.utf8.csv'",
    );
  });

  it('gives a filter for stdin', () => {
    expect(refusal(Buffer.from(text, 'latin1'), '<stdin>')).toContain('iconv -f WINDOWS-1252 -t UTF-8 | chorale …');
  });

  it.each([
    ['a character that is cut off by the end', Buffer.from('a\nb€').subarray(0, -1), 'in.csv:2: byte 0xE2'],
    ['a lone continuation byte', Buffer.from([0x61, 0x80, 0x61]), 'in.csv:1: byte 0x80'],
    ['an encoded surrogate', Buffer.from([0x61, 0x0a, 0xed, 0xa0, 0x80, 0x61]), 'in.csv:2: byte 0xED'],
    ['an impossible byte at the end', Buffer.from([0x61, 0xff]), 'in.csv:1: byte 0xFF'],
    ['CR line ends', Buffer.from('a\rb\r\ncé', 'latin1'), 'in.csv:3: byte 0xE9'],
  ])('finds %s', (_, bytes, start) => {
    expect(refusal(bytes).startsWith(start)).toBe(true);
  });

  it.each([
    ['UTF-16LE', 'UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE', 'UTF-16', utf16be(`\ufeff${text}`)],
    ['UTF-32LE', 'UTF-32', utf32le(`\ufeff${text}`)],
    ['UTF-32BE', 'UTF-32', utf32be(`\ufeff${text}`)],
    ['UTF-16LE', 'UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', 'UTF-16BE', utf16be(text)],
    ['UTF-32LE', 'UTF-32LE', utf32le(text)],
    ['UTF-32BE', 'UTF-32BE', utf32be(text)],
  ])('names %s (for iconv: %s)', (name, iconv, bytes) => {
    expect(refusal(bytes)).toBe(
      `in.csv:1: is ${name}, not UTF-8 text; convert it: iconv -f ${iconv} -t UTF-8 in.csv > in.utf8.csv`,
    );
  });

  it.each([
    ['gzip data', [0x1f, 0x8b, 8, 0]],
    ['a ZIP archive', [0x50, 0x4b, 3, 4]],
  ])('names %s', (name, bytes) => {
    expect(refusal(Buffer.from(bytes))).toContain(`in.csv:1: is ${name}, not text; unpack it`);
  });

  it('says that a file with NUL bytes is no text, with the line', () => {
    expect(refusal(Buffer.from('id,text\n1,a\0b\n'))).toBe('in.csv:2: contains a NUL byte: this is not a text file');
    expect(refusal(Buffer.from([1, 0, 0, 0, 2, 0, 7, 0, 0, 9, 0, 0]))).toContain('contains a NUL byte');
  });

  it('writes one line, whatever the path', () => {
    expect(refusal(Buffer.from('\ufeff'), 'a\nb\u001b.csv')).toBe('a\\nb\\u001b.csv: is empty');
  });
});
