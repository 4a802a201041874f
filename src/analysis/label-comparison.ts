import type { Warning } from '../foundation/errors/chorale-error.js';
import {
  ConfusionMatrix,
  type ConfusionTable,
  type FailureRule,
  scoreConfusion,
} from '../foundation/statistics/classification-scores.js';
import { macroF1Interval } from '../foundation/statistics/macro-f1-interval.js';
import type { Interval } from '../foundation/statistics/proportions.js';
import { seededRandom } from '../foundation/statistics/random-variates.js';
import { LabelContradictions } from './data-warnings.js';
import { GoldLabels, ValuesOutside } from './gold-labels.js';
import type { Review } from './review.js';

/** How well answers agree with gold labels. The names are the keys of the JSON output. A failed row counts as wrong. */
export interface QualitySummary {
  /** Correct ÷ rows with a gold label; null if there is none. */
  readonly accuracy: number | null;
  /** Wilson's interval, 95 %. */
  readonly accuracy_interval: Interval;
  /** Mean F1 of the labels that occur, expected or answered; null if no row was compared. */
  readonly macro_f1: number | null;
  /** 95 %. */
  readonly macro_f1_interval: Interval;
  /** The accuracy of always answering with the most frequent gold label of the compared rows. */
  readonly majority_baseline: number | null;
  readonly per_class: Readonly<Record<string, ClassSummary>>;
  /** Rows by gold label (down) and answer (across), and those of each label that failed. */
  readonly confusion: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
    readonly unanswered: readonly number[];
  };
}

/** The quality of a run, and the same on the rows that were answered. */
export interface LabelQuality extends QualitySummary {
  readonly answered_only: Pick<QualitySummary, 'accuracy' | 'accuracy_interval' | 'macro_f1' | 'macro_f1_interval'> & {
    readonly rows: number;
  };
}

/** How well one label is separated from the others; 0 if there is nothing to divide by. */
export interface ClassSummary {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of this gold label. */
  readonly support: number;
  /** Rows answered with it. */
  readonly predicted: number;
}

type ComparedRow = Pick<Review, 'expected'> & Partial<Pick<Review, 'text' | 'index'>>;

/** Compares answers with gold labels as they come, in memory that does not grow with the number of rows. */
export class LabelComparison {
  readonly matrix: ConfusionMatrix;
  private readonly gold: GoldLabels;
  private readonly outside = new ValuesOutside();
  private readonly contradictions = new LabelContradictions();
  private unlabelled = 0;
  /** Answered rows whose gold label is one of the labels. */
  compared = 0;
  private quality: { readonly rows: number; readonly summary: LabelQuality } | undefined;

  /** @param labels none if the answers have no label: nothing is compared then */
  constructor(labels: readonly string[]) {
    this.matrix = new ConfusionMatrix(labels.length === 0 ? ['none'] : labels);
    this.gold = new GoldLabels(labels);
  }

  /** The gold label that is meant; undefined if there is none. */
  labelOf(expected: string | undefined): string | undefined {
    return this.gold.labelOf(expected);
  }

  /** Counts one row. @param answered null if it failed */
  add({ expected, text = null, index = 0 }: ComparedRow, answered: string | null): void {
    const label = this.gold.labelOf(expected);
    if (label === undefined) this.unlabelled += 1;
    else if (!this.gold.has(label)) this.outside.add(label);
    else if (answered !== null) this.compared += 1;
    if (label === undefined || !this.gold.has(label)) return;
    this.matrix.add(label, answered);
    this.contradictions.add(index, text, label);
  }

  /** May be read several times after the same row. */
  summary(): LabelQuality {
    const rows = this.compared + this.failed;
    if (this.quality?.rows !== rows) this.quality = { rows, summary: this.summarize() };
    return { ...this.quality.summary, confusion: copyOf(this.matrix) };
  }

  warnings(): readonly Warning[] {
    const { outside, unlabelled, failed, compared } = this;
    const warnings: Warning[] = [];
    if (outside.rows > 0) {
      const problem = `accuracy excludes rows whose label is none of the labels: ${outside.list()}`;
      const map = { option: 'map', inLibrary: 'before the run' };
      warnings.push([`${problem}; map these values to labels (`, map, ') to count their rows']);
    }
    if (unlabelled > 0) warnings.push(`accuracy excludes ${unlabelled} rows without a label`);
    if (failed > 0) {
      const { accuracy } = this.summary().answered_only;
      const others =
        accuracy === null ? '' : `; on the ${compared} rows that were answered it is ${accuracy.toFixed(2)}`;
      warnings.push(`accuracy counts ${failed} failed ${failed === 1 ? 'review' : 'reviews'} as wrong${others}`);
    }
    return [...warnings, ...this.contradictions.warnings(), ...baselineWarnings(this.matrix)];
  }

  /** Rows whose gold label is one of the labels and that have no answer. */
  private get failed(): number {
    return this.matrix.unanswered.reduce((sum, count) => sum + count, 0);
  }

  private summarize(): LabelQuality {
    const { matrix, compared, failed } = this;
    const all = this.scored('wrong');
    const { scores, interval } = failed === 0 ? all : this.scored('left-out');
    return {
      ...confusionSummary(matrix, all.scores, all.interval),
      answered_only: {
        rows: compared,
        accuracy: scores.accuracy,
        accuracy_interval: scores.accuracyInterval,
        macro_f1: scores.macroF1,
        macro_f1_interval: interval,
      },
    };
  }

  private scored(failures: FailureRule) {
    const { matrix } = this;
    const interval = macroF1Interval(matrix, seededRandom(1), { failures });
    return { scores: scoreConfusion(matrix, { failures }), interval };
  }
}

/** The metrics of a confusion matrix, by the keys of the JSON output. */
export function confusionSummary(
  matrix: ConfusionTable,
  scores: ReturnType<typeof scoreConfusion>,
  macroF1Interval: Interval,
): QualitySummary {
  return {
    accuracy: scores.accuracy,
    accuracy_interval: scores.accuracyInterval,
    macro_f1: scores.macroF1,
    macro_f1_interval: macroF1Interval,
    majority_baseline: scores.majorityBaseline,
    per_class: Object.fromEntries(scores.classes.map(({ label, ...scored }) => [label, scored])),
    confusion: copyOf(matrix),
  };
}

/**
 * Says so where the accuracy is not proven better than always answering with the most frequent gold label. Where only one
 * label occurs there is nothing to be better than.
 */
export function baselineWarnings(table: ConfusionTable): readonly string[] {
  const { accuracy, accuracyInterval, majorityBaseline, classes } = scoreConfusion(table);
  const expected = classes.filter(({ support }) => support > 0).sort((a, b) => b.support - a.support);
  const [majority] = expected;
  if (accuracy === null || majorityBaseline === null || expected.length < 2 || !majority) return [];
  const { lower, upper } = accuracyInterval;
  if (lower > majorityBaseline) return [];
  return [
    `the accuracy ${accuracy.toFixed(2)} (95 % ${lower.toFixed(2)} to ${upper.toFixed(2)}) is not significantly better ` +
      `than the majority baseline ${majorityBaseline.toFixed(2)} (always '${majority.label}')`,
  ];
}

function copyOf({ labels, counts, unanswered }: ConfusionTable): QualitySummary['confusion'] {
  return { labels: [...labels], counts: counts.map((row) => [...row]), unanswered: [...unanswered] };
}
