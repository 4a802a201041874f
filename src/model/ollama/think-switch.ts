import type { ModelInput } from '../model.js';
import { ModelRejectedError } from '../model-errors.js';

/** Levels of thinking that models have which cannot be kept from it, the least first. */
export const thinkingLevels = ['low', 'medium', 'high'] as const;

/** The value of `think`: off, the lowest level, or undefined, which omits the field. */
export type Think = false | (typeof thinkingLevels)[number] | undefined;

/**
 * Extra output tokens for a model whose reasoning cannot be turned off: with the few tokens of a label, its answer would
 * be truncated before it begins.
 */
export const thinkingRoom = 1_024;

/** What is known of a model's thinking. */
export interface ThinkingFacts {
  /** It reasons unless that is turned off. */
  readonly thinks: boolean;
  /** What to ask for so that it thinks as little as it can. */
  readonly leastThinking: Exclude<Think, undefined>;
}

/** Keeps a model from thinking as far as its server lets it. */
export class ThinkSwitch {
  private readonly rejected = new Set<Think>();

  /** The value to send: the first choice that the server has not rejected. */
  choose({ thinks, leastThinking }: ThinkingFacts, { kind }: ModelInput): Think {
    if (!thinks) return undefined;
    // A completion has no template that would make the model think.
    const choices: readonly Think[] = kind === 'completion' ? [false] : [leastThinking, false];
    return choices.find((choice) => !this.rejected.has(choice));
  }

  /** Whether an error rejects the value that was sent; then the next choice applies to all requests. */
  isRefused(error: unknown, sent: Think): boolean {
    const refusal = error instanceof ModelRejectedError && error.status === 400 && /\bthink/i.test(error.problem);
    if (!refusal || sent === undefined) return false;
    this.rejected.add(sent);
    return true;
  }
}
