import type { ConfusionTable } from './classification-scores.js';

/** Probability of a false alarm over a whole run, split over the labels (Bonferroni). */
const falseAlarmRate = 0.01;

/** A useful model gives another label to at least this proportion of the rows that have one. */
const leastRecall = 0.5;

/** Where nothing is known of the labels, at least this share of the answers should be other labels. */
const leastOthers = 0.05;

/** The alternative: other labels come a tenth as often as they should at least. */
const tenth = 0.1;

/** Answers that are nearly all one label. */
export interface OneLabelAnswers {
  readonly label: string;
  /** Rows that should have had another label. */
  readonly rows: number;
  /** Of these, those that were answered with another label. */
  readonly others: number;
}

/**
 * The log-likelihood ratio of a tenth of `share` against `share`. While the true proportion is at least `share`, the
 * likelihood ratio is a supermartingale: the probability that it ever reaches 1 ÷ α is at most α (J. Ville 1939; A. Wald,
 * "Sequential Tests of Statistical Hypotheses", 1945), so the test may be repeated after every row.
 */
export function logEvidenceOfFewer(successes: number, trials: number, share: number): number {
  if (share <= 0) return Number.NEGATIVE_INFINITY;
  const rare = share * tenth;
  return successes * Math.log(tenth) + (trials - successes) * Math.log((1 - rare) / (1 - share));
}

/**
 * Tests by gold labels whether the answers are nearly all one label: of the rows with another gold label, far fewer than
 * half were given another label. Only these rows count, so that rows sorted by their label raise no alarm.
 */
export function oneLabelByGold({ labels, counts }: ConfusionTable): OneLabelAnswers | null {
  const bound = Math.log(labels.length / falseAlarmRate);
  for (const [column, label] of labels.entries()) {
    let rows = 0;
    let others = 0;
    for (const [expected, row] of counts.entries()) {
      if (expected === column) continue;
      const answered = row.reduce((sum, count) => sum + count, 0);
      rows += answered;
      others += answered - (row[column] ?? 0);
    }
    if (logEvidenceOfFewer(others, rows, leastRecall) >= bound) return { label, rows, others };
  }
  return null;
}

/**
 * Tests by other answers to the same rows whether the answers are nearly all one label: other labels come far less than half
 * as often as in `reference`. Both maps count answers by label.
 */
export function oneLabelByReference(
  answers: ReadonlyMap<string, number>,
  reference: ReadonlyMap<string, number>,
): OneLabelAnswers | null {
  const all = sumOf(reference);
  if (all === 0) return null;
  return oneLabel(answers, Math.log(answers.size / falseAlarmRate), (label) => {
    const others = 1 - (reference.get(label) ?? 0) / all;
    return others * leastRecall;
  });
}

/**
 * Tests without a reference whether the answers are nearly all one label: fewer than one in twenty is another label. At
 * most one label can be so frequent, so the false alarm rate is not split over the labels. Call it when all rows are there,
 * since they may be sorted.
 */
export function oneLabelAlone(answers: ReadonlyMap<string, number>): OneLabelAnswers | null {
  return oneLabel(answers, Math.log(1 / falseAlarmRate), () => leastOthers);
}

function oneLabel(
  answers: ReadonlyMap<string, number>,
  bound: number,
  shareOf: (label: string) => number,
): OneLabelAnswers | null {
  const rows = sumOf(answers);
  for (const [label, count] of answers) {
    const others = rows - count;
    if (logEvidenceOfFewer(others, rows, shareOf(label)) >= bound) return { label, rows, others };
  }
  return null;
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
