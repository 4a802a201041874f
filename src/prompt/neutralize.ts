/** Characters without width, behind which a marker may hide from us but not from a server that drops them. */
const unseen = '[\\u00AD\\u200B-\\u200D\\u2060\\uFEFF]*';

/** A pattern of markers: `<`, `[` and `|` stand for all that a server which folds characters (NFKC) takes for them. */
function marker(pattern: string): RegExp {
  const folded = pattern
    .replaceAll('<', `[<＜﹤]${unseen}`)
    .replaceAll('\\[', `[\\[［]${unseen}`)
    .replaceAll('BAR', '[|｜]');
  return new RegExp(folded, 'giu');
}

/** Tokens that open, close or separate roles in the chat templates of common model families, and Dotprompt's markers. */
const markers: readonly RegExp[] = [
  // Dotprompt, and the system block of Llama 2
  marker('<(?=<)'),
  // ChatML, Llama 3, Phi, DeepSeek (with its full-width bar)
  marker('<(?=BAR)'),
  // EXAONE
  marker('\\[(?=BAR)'),
  // Gemma, Qwen, DeepSeek and the sentence marks of SentencePiece
  marker(
    '<(?=[/／]?(?:(?:start|end)_of_\\w+|unused\\d+|s|bos|eos|pad|unk|think|tool_call|tool_response|image)[>＞﹥])',
  ),
  // Llama 2 and Mistral
  marker('\\[(?=[/／]?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|THINK|IMG)[\\]］])'),
];

/**
 * Makes a text harmless as data inside a prompt: role tokens lose their meaning by a space after their first character,
 * control characters (other than tab and newline) become spaces, and halves of surrogate pairs the replacement
 * character. People and models still read the same.
 */
export function neutralize(text: string): string {
  let safe = text.replace(/[^\P{Cc}\t\n]/gu, ' ').replace(/\p{Surrogate}/gu, '\uFFFD');
  for (const pattern of markers) safe = safe.replace(pattern, (opening) => `${opening} `);
  return safe;
}

/** The same on one line, for prompts in which a line break ends the review. */
export function neutralizeLine(text: string): string {
  return neutralize(text).replace(/\s+/g, ' ').trim();
}
