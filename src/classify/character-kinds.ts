/** Kinds of characters that tokenizers treat about alike. */
const kind = { letter: 0, digit: 1, space: 2, sign: 3, twoBytes: 4, threeBytes: 5, halfOfFourBytes: 6, repeated: 7 };

/**
 * Tokens of one character of each kind, before anything is known of the tokenizer. English words have four or five
 * letters a token, with the space before them; Latin with accents, Greek, Cyrillic, Hebrew and Arabic two characters;
 * Chinese, Japanese, Korean, Thai and the scripts of India about one; an emoji is two or three tokens. Long rows of one
 * character have tokens of their own.
 */
export const usualTokens: readonly number[] = [0.22, 0.6, 0.1, 0.6, 0.5, 0.9, 1.25, 0.15];

const kindOfAscii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) return kind.letter;
  if (/[0-9]/.test(character)) return kind.digit;
  return /[ \t]/.test(character) ? kind.space : kind.sign;
});

/**
 * How many characters of each kind a text has. Emoji and the like count in halves, and a character is a repeated one by
 * those before it: no count of a text is below that of its beginning.
 */
export function countKinds(text: string): number[] {
  const counts = usualTokens.map(() => 0);
  let last = -1;
  let lastButOne = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const found = code === last && code === lastButOne ? kind.repeated : kindOf(code);
    counts[found] = (counts[found] ?? 0) + 1;
    lastButOne = last;
    last = code;
  }
  return counts;
}

function kindOf(code: number): number {
  if (code < 0x80) return kindOfAscii[code] ?? kind.sign;
  if (code < 0x800) return kind.twoBytes;
  return code >= 0xd800 && code < 0xe000 ? kind.halfOfFourBytes : kind.threeBytes;
}
