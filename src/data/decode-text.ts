import { inputProblem } from './input-problem.js';
import { nameByMark } from './name-encoding.js';
import { countLineEnds } from './unread-bytes.js';

/** What bytes 0x80 to 0x9F are in Windows-1252; some versions of Node read them as ISO-8859-1. */
const windows1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** The name of an encoding as this program calls it; null for one that it does not know. */
export function encodingNamed(name: string): string | null {
  try {
    return new TextDecoder(name.trim()).encoding;
  } catch {
    return null;
  }
}

/**
 * Text in another encoding as UTF-8. A byte-order mark counts more than the name of the encoding; it stays, as that of
 * UTF-8. Memory is bounded by the chunks.
 * @param path what the file is called in errors
 * @throws InputError with the line where the bytes are no text in this encoding; what `chunks` throws
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let line = 1;
  const decode = (bytes: Uint8Array, isLast: boolean): Uint8Array => {
    decoder ??= new TextDecoder(markedEncoding(bytes) ?? encoding, { fatal: true, ignoreBOM: true });
    try {
      const text = encoder.encode(inWindows1252(decoder.decode(bytes, { stream: !isLast }), decoder.encoding));
      line += countLineEnds(text);
      return text;
    } catch (error) {
      const before = new TextDecoder(decoder.encoding).decode(bytes).split('\ufffd', 1)[0] ?? '';
      const at = line + countLineEnds(encoder.encode(before));
      throw inputProblem({ path, line: at }, `is no text in ${decoder.encoding}`, { cause: error, encoding: null });
    }
  };
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    // A mark may be cut in two.
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < 4) continue;
    yield decode(held, false);
    held = held.subarray(0, 0);
  }
  yield decode(held, true);
}

/** The encoding that a byte-order mark names. */
function markedEncoding(start: Uint8Array): string | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  return nameByMark(start)?.encoding;
}

function inWindows1252(text: string, encoding: string): string {
  if (encoding !== 'windows-1252') return text;
  return text.replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80] ?? character);
}
