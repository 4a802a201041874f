import type { Model } from '../model/model.js';
import type { TokenBudget } from './token-budget.js';

/** A model each of whose requests waits for its place in the budget, also where a pool sends it to another server. */
export function budgetedModel(model: Model, budget: TokenBudget): Pick<Model, 'ask'> {
  return {
    async ask(request, call) {
      let settle = await budget.reserve(request, call.signal);
      let sends = 0;
      const onSend = async (server: string) => {
        sends += 1;
        if (sends > 1) {
          settle(undefined, new Error('another server has the request now'));
          settle = await budget.reserve(request, call.signal);
        }
        await call.onSend?.(server);
      };
      try {
        const answer = await model.ask(request, { ...call, onSend });
        settle(answer.usage);
        return answer;
      } catch (error) {
        settle(undefined, error);
        throw error;
      }
    },
  };
}
