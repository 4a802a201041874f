import type { ModelUsage } from '../model/model.js';
import type { ParsedAnswer } from './answer-format.js';
import type { LongHandling } from './long-texts/long-strategy.js';

/** What the agent says about a text. */
export interface Prediction extends ParsedAnswer {
  /**
   * The label's share of the probability of all labels, or what the provider itself says, 0 to 1; null where the model
   * gives neither, and where what it does not list could move the share by more than 0.05.
   */
  readonly confidence: number | null;
  /** The same for each of the agent's labels, in their order, for calibration; at most 1 together. */
  readonly labelShares: readonly number[] | null;
  /** The probability of all labels together, 0 to 1: next to nothing where the model did not want to say one. */
  readonly labelMass: number | null;
  readonly usage: ModelUsage;
  /** Waiting in the server's queue, in milliseconds; null where the server does not tell. */
  readonly queueMs: number | null;
  /** What was done because the text did not fit; undefined where it did. */
  readonly long?: LongHandling;
}
