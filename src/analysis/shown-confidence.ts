import type { Agent } from '../classify/agent.js';
import { temperShares } from '../classify/calibration/temper-shares.js';
import type { RecordedAnswer } from './run-store.js';

/** Why an answer has no confidence. */
export type ConfidenceGap = 'not_requested' | 'not_given' | 'not_settled' | 'unverified';

/** The confidence of an answer in a run of this agent, calibrated where there is a temperature. */
export function shownConfidence(answer: RecordedAnswer, agent: Agent, temperature?: number): number | null {
  // Without shares it is what the provider itself says, or nothing.
  if (answer.labelShares === null) return answer.confidence;
  const shares = shownShares(answer, agent);
  if (shares === null || temperature === undefined) return shares && answer.confidence;
  return temperShares(shares, temperature)[agent.labels.indexOf(answer.sentiment)] ?? null;
}

/** The shares of all labels, for calibration, where they are known and this agent requests them. */
export function shownShares({ labelShares, probabilities }: RecordedAnswer, agent: Agent): readonly number[] | null {
  return agent.probabilities === 'always' && probabilities !== 'unverified' ? labelShares : null;
}

/** Why the confidence of an answer is null in a run of this agent. */
export function confidenceGap(answer: RecordedAnswer, agent: Agent): ConfidenceGap {
  if (agent.probabilities !== 'always') return 'not_requested';
  if (answer.probabilities === 'unverified') return answer.labelShares === null ? 'not_given' : 'unverified';
  return answer.labelMass === null ? 'not_given' : 'not_settled';
}

/** Whether an agent may use a recorded answer: not where it wants probabilities, and nobody requested them. */
export function isUsable({ probabilities, confidence }: RecordedAnswer, agent: Agent): boolean {
  return agent.probabilities !== 'always' || probabilities !== 'not requested' || confidence !== null;
}
