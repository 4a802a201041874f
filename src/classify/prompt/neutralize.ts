/** Characters without width, behind which a marker may hide from us but not from a server that drops them. */
const unseen = '\\u00AD\\u200B-\\u200D\\u2060\\uFEFF';

/** A pattern of markers: `<`, `[`, `]` and `|` stand for all that a server which folds characters (NFKC) takes for them. */
function marker(pattern: string, flags = 'giu'): RegExp {
  const folded = pattern
    .replaceAll('LT', `[<＜﹤][${unseen}]*`)
    .replaceAll('GT', '[>＞﹥]')
    .replaceAll('OPEN', `[\\[［﹇][${unseen}]*`)
    .replaceAll('CLOSE', `[\\]］﹈][${unseen}]*`)
    .replaceAll('BAR', '[|｜]')
    .replaceAll('SLASH', `(?:[/／][${unseen}]*)?`)
    .replaceAll('NAME', `[\\p{L}_][\\p{L}\\p{N}_:.▁${unseen}-]*`);
  return new RegExp(folded, flags);
}

/** Elements of HTML that reviews have in them; `s` is missing, as the mark of a sentence. */
const elements =
  'a|abbr|b|big|blockquote|body|br|center|code|dd|del|div|dl|dt|em|font|footer|form|h[1-6]|head|header|hr|html|i|ins|li|link|main|meta|nav|ol|option|p|pre|q|script|section|small|span|strike|strong|style|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul';

/**
 * Tokens that open, close or separate roles in the chat templates of models, and Dotprompt's markers. No list of names can
 * be complete: every other word in angle brackets counts as one, and every capitalised word in square brackets.
 */
const markers: readonly RegExp[] = [
  // Dotprompt, and the system block of Llama 2
  marker('LT(?=LT)'),
  // ChatML, Llama 3, Phi, Granite, DeepSeek (with its full-width bar)
  marker('LT(?=BAR)'),
  // EXAONE
  marker('OPEN(?=BAR)'),
  // Gemma, T5, Command R, Seed, Nemotron, and the sentence marks of SentencePiece
  marker(`LT(?=SLASH(?!(?:${elements})GT)NAMEGT)`),
  // Llama 2, Mistral, GLM
  marker(`OPEN(?=SLASH\\p{Lu}[\\p{Lu}\\p{N}_ ${unseen}]*[\\p{Lu}\\p{N}${unseen}][\\]］﹈])`, 'gu'),
  marker('OPEN(?=SLASH(?:INST|SYS|THINK|IMG|[gs]MASK|\\p{L}+_[\\p{L}_]+)[\\]］﹈])'),
  // MiniMax
  marker('CLOSE(?=~)'),
  marker('OPEN(?=e~)'),
  // Alpaca, Orca, Magicoder
  marker(`[#＃﹟](?=[${unseen}]*(?:[#＃﹟][${unseen}]*){2,}\\s*[${unseen}]*[\\p{L}\\p{So}\\p{No}\\p{Nl}])`),
  marker('@(?=@\\s*(?:instruction|response)\\b)'),
];

/** A word in which characters without width may hide. */
function hiddenIn(word: string): string {
  return [...word].map((letter) => (letter === ' ' ? '[ \\t]+' : `${letter}[${unseen}]*`)).join('');
}

const roleWords = ['user', 'assistant', 'human', 'bot', 'ai', 'system', 'instruction', 'instructions', 'response'];

/** Words before a colon that open a role at the beginning of a line, in templates without tokens of their own. */
const roleCue = new RegExp(
  `^([ \\t#＃﹟@＠﹫${unseen}]*(?:${hiddenIn('gpt4 correct ')})?(?:${roleWords.map(hiddenIn).join('|')}))[ \\t]*[:：︓﹕]`,
  'gimu',
);

/**
 * Makes a text harmless as data inside a prompt: role tokens lose their meaning by a space after their first character,
 * words that open a role lose their colon, control characters (other than tab and newline) become spaces, and halves of
 * surrogate pairs the replacement character. People and models still read the same.
 */
export function neutralize(text: string): string {
  let safe = text.replace(/[^\P{Cc}\t\n]/gu, ' ').replace(/\p{Surrogate}/gu, '\uFFFD');
  for (const pattern of markers) safe = safe.replace(pattern, (opening) => `${opening} `);
  return safe.replace(roleCue, '$1 -');
}

/** The same on one line, for prompts in which a line break ends the review. */
export function neutralizeLine(text: string): string {
  return neutralize(text).replace(/\s+/g, ' ').trim();
}

/**
 * Takes from texts what the template says in front of its texts and labels (`Review:`, `Sentiment:`): a text with such a
 * cue could show itself, or another text, under a label of its choice.
 */
export function cueBreaker(cues: RegExp | undefined): (text: string) => string {
  return cues ? (text) => text.replace(cues, '$1 -') : (text) => text;
}

/**
 * What a template says in front of its texts and labels; undefined if it says nothing there.
 * @param inLines also looks for cues inside of lines, where several columns may stand
 */
export function cuesOf(template: string, inLines: boolean): RegExp | undefined {
  const lines = template.split(inLines ? /\n|\}\}[\s,;|()/–—-]*/u : '\n').map((line) => line.trim());
  const before = lines.map((line) => /^([^{}]*?)\s*[:：]\s*["'“*_`]*(?:\{\{|$)/.exec(line)?.[1]?.trim() ?? '');
  const cues = [...new Set(before.filter((cue) => /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,30}$/u.test(cue)))];
  if (cues.length === 0) return undefined;
  const words = cues.map((cue) => cue.replace(/\s+/g, '\\s+')).join('|');
  return new RegExp(`(?<![\\p{L}\\p{N}])(${words})\\s*[:：]`, 'giu');
}

/** A piece of a prompt: a neutralised value, or words of the template. */
export interface Piece {
  readonly text: string;
  readonly isData: boolean;
}

/**
 * Puts pieces together. What a value makes together with what comes after it, such as `<` and `|im_start|>` in two columns,
 * is neutralised too.
 */
export function joinPieces(pieces: readonly Piece[], cues: RegExp | undefined): string {
  let text = pieces.map((piece) => piece.text).join('');
  /** As long as the text: `1` where it is data. */
  let data = pieces.map((piece) => (piece.isData ? '1' : '0').repeat(piece.text.length)).join('');
  const insert = (pattern: RegExp, added: string, isMeant: (start: number, end: number) => boolean) => {
    const found = [...text.matchAll(pattern)].filter(({ index, 0: match }) => isMeant(index, index + match.length));
    for (const { index, 0: match, 1: kept = match } of found.reverse()) {
      const [from, to] = [index + kept.length, index + match.length];
      text = `${text.slice(0, from)}${added}${text.slice(to)}`;
      data = `${data.slice(0, from)}${'1'.repeat(added.length)}${data.slice(to)}`;
    }
  };
  const hasData = (start: number, end: number) => data.slice(start, end).includes('1');
  for (const pattern of markers) insert(pattern, ' ', (start) => data[start] === '1');
  for (const pattern of cues ? [roleCue, cues] : [roleCue]) insert(pattern, ' -', hasData);
  return text;
}
