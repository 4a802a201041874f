import type { ModelAnswer, TokenLogprob } from '../model/model.js';

/** Tags around reasoning, where the server leaves it in the text. */
const opening = /^\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])/i;
const closing = /<\/(?:think|thinking|thought|reasoning)>|\[\/THINK\]/gi;

/** An answer without the reasoning before it. */
export interface FinalAnswer extends ModelAnswer {
  /** The answer ends before its reasoning does. */
  readonly onlyReasoning: boolean;
}

/**
 * Takes the reasoning out of an answer: the text up to the last closing tag, with its tokens. The opening tag may be
 * missing, because some chat templates have it in the prompt.
 */
export function withoutReasoning(answer: ModelAnswer): FinalAnswer {
  const end = reasoningEnd(answer.text);
  const text = answer.text.slice(end);
  const onlyReasoning = opening.test(text) || ((end > 0 || answer.thought === true) && text.trim() === '');
  if (end === 0) return { ...answer, onlyReasoning };
  return { ...answer, text, logprobs: afterReasoning(answer.logprobs ?? []), onlyReasoning };
}

/** Where the text after the reasoning begins; 0 if there is no closing tag. */
function reasoningEnd(text: string): number {
  // A closing tag has a slash; most answers have none. A JSON object may mention tags.
  if (!text.includes('/') || /^\s*\{/.test(text)) return 0;
  return [...text.matchAll(closing)].reduce((end, { 0: tag, index }) => Math.max(end, index + tag.length), 0);
}

/** Null if the tokens do not show where the reasoning ends. */
function afterReasoning(logprobs: readonly TokenLogprob[]): readonly TokenLogprob[] | null {
  const end = reasoningEnd(logprobs.map(({ token }) => token).join(''));
  let at = 0;
  const first = logprobs.findIndex(({ token }) => {
    at += token.length;
    return at > end;
  });
  return end === 0 || first < 0 ? null : logprobs.slice(first);
}
