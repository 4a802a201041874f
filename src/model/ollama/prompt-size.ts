import type { ModelAnswer, ModelCall, ModelInput } from '../model.js';
import { PromptTooLongError } from '../model-errors.js';

/** How far a count may be from the ones that truncation leaves, in tokens. */
const tolerance = 2;

/**
 * Finds out that a server has cut the prompt silently: older versions keep about half of the context (plus 2 tokens),
 * newer ones all of it. A text has at most as many tokens as bytes (and a chat template adds some), so a short prompt
 * is never suspected. Nor is one whose count is what was to be expected, where that fits.
 * @param contextTokens the context that the server really works with
 * @param expected what is known of the length beforehand
 * @throws PromptTooLongError
 */
export function refuseTruncatedPrompt(
  input: ModelInput,
  answer: ModelAnswer,
  contextTokens: number,
  expected?: ModelCall['promptTokens'],
): void {
  const count = answer.usage.promptTokens;
  if (count === null || sizeOf(input) <= contextTokens / 2) return;
  if (expected && expected.atMost < contextTokens && count >= expected.atLeast && count <= expected.atMost) return;
  const half = Math.floor(contextTokens / 2) + 2;
  const cutToHalf = Math.abs(count - half) <= tolerance && sizeOf(input) > contextTokens;
  const cutToAll = count >= contextTokens - 1;
  if (cutToHalf || cutToAll) {
    throw new PromptTooLongError(contextTokens, `the server kept ${count} tokens of it`);
  }
}

/** Whether a server's refusal means that the prompt is too long. */
export function isTooLong(problem: string): boolean {
  return /exceeds? (the )?(maximum |available )?context/i.test(problem);
}

/** The token count in a rejection of a prompt, as in `request (1407 tokens) exceeds …`; null if there is none. */
export function countIn(problem: string): number | null {
  const count = /\((\d+) tokens\) exceeds?/i.exec(problem)?.[1];
  return count === undefined ? null : Number(count);
}

function sizeOf(input: ModelInput): number {
  if (input.kind === 'completion') return Buffer.byteLength(input.prompt);
  return input.messages.reduce((bytes, message) => bytes + Buffer.byteLength(message.content), 0);
}
