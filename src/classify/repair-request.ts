import { isWorthAnotherSeed } from '../foundation/errors/chorale-error.js';
import type { ModelRequest, ModelUsage } from '../model/model.js';
import { AnswerInvalidError } from '../model/model-errors.js';
import { withNextSeed } from './model-request.js';
import { sumOf } from './prediction.js';
import { neutralize } from './prompt/neutralize.js';

/**
 * The request after one that failed: with another seed where the answer was wrong, else the same. In a chat it shows the
 * invalid answer too, and says what is wrong with it, where that may be told; neither can become a message.
 * @param first the request as it was sent first
 * @param latest the request that failed
 * @param mayTell whether the invalid answer may be shown by this request
 */
export function repairRequest(
  first: ModelRequest,
  latest: ModelRequest,
  error: unknown,
  mayTell: (request: ModelRequest) => boolean,
): ModelRequest {
  if (!isWorthAnotherSeed(error)) return latest;
  const next = withNextSeed(latest);
  const { input } = first;
  if (!(error instanceof AnswerInvalidError) || input.kind !== 'chat' || error.answer.trim() === '') return next;
  const told: ModelRequest = {
    ...next,
    input: {
      kind: 'chat',
      messages: [
        ...input.messages,
        { role: 'assistant', content: neutralize(error.answer.trim()) },
        { role: 'user', content: neutralize(`This answer ${error.problem}. Give the whole answer again, corrected.`) },
      ],
    },
  };
  return mayTell(told) ? told : next;
}

/** The tokens of an answer, and of the invalid answers before it. */
export function withWasted(usage: ModelUsage, wasted: readonly ModelUsage[]): ModelUsage {
  const all = [...wasted, usage];
  return {
    promptTokens: sumOf(all.map(({ promptTokens }) => promptTokens)),
    completionTokens: sumOf(all.map(({ completionTokens }) => completionTokens)),
  };
}
