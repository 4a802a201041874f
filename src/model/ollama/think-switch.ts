import type { ModelInput } from '../model.js';
import { ModelRejectedError } from '../model-errors.js';

/** Levels of thinking that models have which cannot be kept from it, the least first. */
export const thinkingLevels = ['low', 'medium', 'high'] as const;

/** What is asked for in `think`: nothing of it, the least there is, or undefined: the field is left out. */
export type Think = false | (typeof thinkingLevels)[number] | undefined;

/**
 * Room for the thoughts of a model that cannot be kept from them, in tokens beyond those of the answer: with the few that
 * a label needs it would be cut before it begins to answer.
 */
export const thinkingRoom = 1_024;

/** What is known of a model's thinking. */
export interface ThinkingFacts {
  /** It thinks unless it is told not to. */
  readonly thinks: boolean;
  /** What to ask for so that it thinks as little as it can. */
  readonly leastThinking: Exclude<Think, undefined>;
}

/** Keeps a model from thinking as far as its server lets it. */
export class ThinkSwitch {
  private readonly refused = new Set<Think>();

  /** What to send with a question: the first choice that has not been refused yet. */
  choose({ thinks, leastThinking }: ThinkingFacts, { kind }: ModelInput): Think {
    if (!thinks) return undefined;
    // A completion has no template that would make the model think.
    const choices: readonly Think[] = kind === 'completion' ? [false] : [leastThinking, false];
    return choices.find((choice) => !this.refused.has(choice));
  }

  /** Whether an error is the refusal of what was sent; then the next choice is for all questions. */
  isRefused(error: unknown, sent: Think): boolean {
    const refusal = error instanceof ModelRejectedError && error.status === 400 && /\bthink/i.test(error.problem);
    if (!refusal || sent === undefined) return false;
    this.refused.add(sent);
    return true;
  }
}
