import { RepeatedAnswers } from '../../foundation/statistics/repeated-answers.js';
import type { LabelledRows } from './labelled-rows.js';
import type { RoundAnswers } from './round-answers.js';
import type { StabilityMetrics } from './variant-result.js';

/** How much of the answers is chance; null where every row was asked once only. */
export function stabilityOf(rounds: readonly RoundAnswers[], { rows }: LabelledRows): StabilityMetrics | null {
  if (rounds.length < 2) return null;
  const repeated = new RepeatedAnswers(rounds.length);
  for (const [position, { expected }] of rows.entries()) {
    repeated.add(
      expected,
      rounds.map((round) => round.answerAt(position)),
    );
  }
  return {
    repeats: rounds.length,
    changed: repeated.changed,
    changed_share: repeated.changedShare,
    mean_accuracy: repeated.accuracy,
    all_right_share: repeated.passAll(rounds.length),
    accuracies: rounds.map((round) => accuracyOf(round, rows)),
    variance: {
      total: repeated.variance?.total ?? null,
      sampling: repeated.variance?.sampling ?? null,
      model: repeated.variance?.model ?? null,
    },
  };
}

/** A row without an answer is a wrong one. */
function accuracyOf(round: RoundAnswers, rows: LabelledRows['rows']): number | null {
  const right = rows.filter(({ expected }, position) => round.answerAt(position) === expected).length;
  return rows.length === 0 ? null : right / rows.length;
}
