import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodingNamed } from '../../src/data/encodings.js';
import { cut, rowsOf, sourceOf } from './read-text.js';

const read = (chunks: readonly Uint8Array[], encoding: string | undefined) =>
  rowsOf([{ ...sourceOf(chunks, 'csv'), encoding }]);

function utf16(text: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
}

describe('text in another encoding', () => {
  it.each([
    ['windows-1252', Buffer.from('text\ncaf\xe9 \x80 \x93ok\x94\n', 'latin1'), 'café € “ok”'],
    ['iso-8859-2', Buffer.from('text\n\xb1\xea\n', 'latin1'), 'ąę'],
    ['windows-1251', Buffer.from('text\n\xef\xeb\xee\xf5\xee\n', 'latin1'), 'плохо'],
    ['shift_jis', Buffer.from('text\n\x83e\x83X\x83g\n', 'latin1'), 'テスト'],
    ['gb18030', Buffer.from('text\n\xc4\xe3\xba\xc3\n', 'latin1'), '你好'],
    ['utf-16le', utf16('text\nça, 👍\n', false), 'ça'],
    ['utf-16be', utf16('\ufefftext\nça\n', true), 'ça'],
  ])('is read as it is named: %s', async (encoding, bytes, cell) => {
    expect((await read([bytes], encoding))[0]?.cells[0]).toBe(cell);
  });

  it('is what its byte-order mark says, whatever the name', async () => {
    const [row] = await read([utf16('\ufefftext\nça\n', true)], 'utf-16le');
    expect(row?.cells).toEqual(['ça']);
    expect((await read([Buffer.from('\ufefftext\nça\n')], 'windows-1252'))[0]?.cells).toEqual(['ça']);
  });

  it('is the same wherever the stream is cut', async () => {
    const text = '\ufefftext\nça, 👍\n日本\n';
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(fc.nat(), { maxLength: 9 }), async (isBigEndian, positions) => {
        const rows = await read(cut(utf16(text, isBigEndian), positions), isBigEndian ? 'utf-16be' : 'utf-16le');
        expect(rows.map((row) => row.cells[0])).toEqual(['ça', '日本']);
      }),
      { numRuns: 40 },
    );
  });

  it('is refused with the line where it is none', async () => {
    const bytes = Buffer.from('text\nok\n\x83\x20\n', 'latin1');
    await expect(read([bytes], 'shift_jis')).rejects.toThrow('<stdin>:3: is not text in shift_jis');
  });

  it('has names that are known, and others', () => {
    expect(['latin1', ' UTF-16 ', 'sjis'].map(encodingNamed)).toEqual(['windows-1252', 'utf-16le', 'shift_jis']);
    expect(encodingNamed('klingon')).toBeNull();
  });
});

describe('bytes that are not UTF-8 are called', () => {
  const refusal = async (text: string) => {
    try {
      await read([Buffer.from(text, 'latin1')], undefined);
    } catch (error) {
      return error instanceof Error && 'encoding' in error
        ? { message: error.message, encoding: error.encoding }
        : null;
    }
    return null;
  };

  it('probably Windows-1252, where single accents stand between letters', async () => {
    const found = await refusal('text\nTr\xe8s bon caf\xe9, vraiment\n');
    expect(found).toMatchObject({ encoding: 'windows-1252' });
    expect(found?.message).toMatch(/^<stdin>:2: byte 0xE8 is not UTF-8; probably Windows-1252, if the language is/);
  });

  it.each([
    ['Cyrillic', 'text\n\xef\xeb\xee\xf5\xee \xe8 \xef\xeb\xee\xf5\xee\n'],
    ['Shift_JIS', 'text\n\x83e\x83X\x83g\x82\xe0\n'],
    ['Chinese', 'text\n\xc4\xe3\xba\xc3\n'],
  ])('nothing for sure, where they may be much: %s', async (_, text) => {
    const found = await refusal(text);
    expect(found?.encoding).toBeNull();
    expect(found?.message).toContain('its encoding is not certain');
  });

  it('damage, where UTF-8 stands before them', async () => {
    const found = await refusal(`text\n${Buffer.from('déjà\n').toString('latin1')}bad \xff\n`);
    expect(found?.encoding).toBeUndefined();
    expect(found?.message).toContain('the text before it is UTF-8, so the file is damaged here');
  });
});
