import type { ModelAnswer, TokenLogprob } from '../model/model.js';

/** Tags between which models write what they think, where the server leaves that in the text. */
const opening = /^\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])/i;
const closing = /<\/(?:think|thinking|thought|reasoning)>|\[\/THINK\]/gi;

/** An answer without what the model thought before it. */
interface PlainAnswer extends ModelAnswer {
  /** It ends before the answer begins: there is nothing but a thought. */
  readonly onlyThought: boolean;
}

/**
 * Takes the thoughts out of an answer: the text up to the last closing tag, with its tokens. The opening tag may be missing,
 * because some chat templates have it in the prompt.
 */
export function withoutReasoning(answer: ModelAnswer): PlainAnswer {
  const end = thoughtEnd(answer.text);
  if (end === 0) return { ...answer, onlyThought: isOnlyThought(answer.text, answer.thought === true) };
  const text = answer.text.slice(end);
  return { ...answer, text, logprobs: afterThought(answer.logprobs ?? []), onlyThought: isOnlyThought(text, true) };
}

function isOnlyThought(text: string, thought: boolean): boolean {
  return opening.test(text) || (thought && text.trim() === '');
}

/** Where the text begins that is no thought; 0 where none of it is one, or all of it. */
function thoughtEnd(text: string): number {
  // A closing tag has a slash; most answers have none.
  if (!text.includes('/')) return 0;
  // A JSON object may speak of tags.
  if (/^\s*\{/.test(text)) return 0;
  return [...text.matchAll(closing)].reduce((end, { 0: tag, index }) => Math.max(end, index + tag.length), 0);
}

/** Null where the tokens do not show where the thought ends. */
function afterThought(logprobs: readonly TokenLogprob[]): readonly TokenLogprob[] | null {
  const end = thoughtEnd(logprobs.map(({ token }) => token).join(''));
  if (end === 0) return null;
  let at = 0;
  const first = logprobs.findIndex(({ token }) => {
    at += token.length;
    return at > end;
  });
  return first < 0 ? null : logprobs.slice(first);
}
