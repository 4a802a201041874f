import type { ConfusionTable } from './classification-scores.js';

/** The chance of a false alarm over a whole run, however often it is looked at. */
const falseAlarmRate = 0.01;

/** A useful model gives another label to at least this share of the rows that have one. */
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
 * How much more likely so few successes are where their share is a tenth of `share` than where it is `share`, as a
 * logarithm. While the true share is `share` or more, this likelihood ratio is a supermartingale: the chance that it ever
 * reaches 1 ÷ α, after whatever row, is at most α (J. Ville 1939; A. Wald, "Sequential Tests of Statistical Hypotheses",
 * 1945). That holds for the order in which the rows come, so that a run may be looked at after every row.
 */
export function logEvidenceOfFewer(successes: number, trials: number, share: number): number {
  if (share <= 0) return Number.NEGATIVE_INFINITY;
  const rare = share * tenth;
  return successes * Math.log(tenth) + (trials - successes) * Math.log((1 - rare) / (1 - share));
}

/**
 * Whether the answers are nearly all one label, judged by gold labels: of the rows with another gold label, far fewer than
 * half were given another label. Only these rows count, so that rows sorted by their label raise no alarm. The false alarm
 * rate is split over the labels (Bonferroni).
 * @returns null where they are not, or too few rows tell
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
 * Whether the answers are nearly all one label, judged by shares that other answers to the same rows have: other labels
 * come far less than half as often as there.
 * @param answers how often each label was answered, and `reference` how often there
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
 * Whether the answers are nearly all one label where nothing is known of the rows: fewer than one in twenty should be
 * another label. Data with so few reviews of all other labels together are rare (shops and app stores have one in ten or
 * more), and a model that finds them is what the alarm asks to look for. At most one label can be so frequent, so the
 * false alarm rate is not split over the labels. Rows should not be judged so before all are there: they may be sorted.
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
