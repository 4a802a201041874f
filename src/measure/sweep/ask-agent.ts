import type { Agent } from '../../classify/agent.js';
import { isWorthAnotherSeed } from '../../foundation/errors/chorale-error.js';
import type { ModelAnswer } from '../../model/model.js';
import type { AskOnce } from './run-level.js';

/**
 * Requests of an agent, for a sweep. An answer that is no label is an answer all the same: the server worked for it.
 * @param agent without retries, which would be counted as one long request
 */
export function askAgent(agent: Agent): AskOnce {
  return async (input, signal) => {
    let answer: ModelAnswer | undefined;
    const onAnswer = (came: ModelAnswer) => {
      answer = came;
    };
    const label = await agent.classify(input, { signal, onAnswer }).then(
      (prediction) => prediction.label,
      (error: unknown) => {
        if (answer === undefined || !isWorthAnotherSeed(error)) throw error;
        return null;
      },
    );
    const { durations, usage } = answer ?? missingAnswer;
    return { label, durations, usage };
  };
}

/** Of a model that says nothing about its answers. */
const missingAnswer: Pick<ModelAnswer, 'durations' | 'usage'> = {
  durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
  usage: { promptTokens: null, completionTokens: null },
};
