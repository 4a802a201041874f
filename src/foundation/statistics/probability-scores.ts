import { InvalidOptionError } from '../errors/chorale-error.js';
import { positionsOf, requireLabel } from './classification-scores.js';

/** Probabilities nearer to 0 or 1 count as that near, as in scikit-learn: one row costs at most 36. */
const nearest = 2 ** -52;

/** Probabilities may exceed 1 by rounding. */
const rounding = 1e-9;

/**
 * Brier score and log loss of the probabilities of all labels, one row at a time. Where the probabilities do not sum to 1,
 * the rest counts for no label.
 */
export class ProbabilityScores {
  private readonly positions: ReadonlyMap<string, number>;
  private squares = 0;
  private logs = 0;
  private rows = 0;

  /** @throws InvalidOptionError if there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
  }

  /** @param shares probabilities of the labels, in their order, each 0 to 1 */
  add(expected: string, shares: readonly number[]): void {
    const right = requireLabel(this.positions, expected);
    if (shares.length !== this.positions.size || !shares.every((share) => share >= 0 && share <= 1 + rounding)) {
      throw new InvalidOptionError('shares', `${this.positions.size} numbers from 0 to 1`, shares.join(', '));
    }
    this.squares += shares.reduce((sum, share, k) => sum + (share - (k === right ? 1 : 0)) ** 2, 0);
    this.logs -= Math.log(Math.min(1 - nearest, Math.max(nearest, shares[right] ?? 0)));
    this.rows += 1;
  }

  /**
   * The mean over rows of Σ over labels of (probability − truth)² (G. W. Brier, Monthly Weather Review 78, 1950): 0 to 2,
   * and with two labels half of that (`brier_score_loss` of scikit-learn). Null if nothing was added.
   */
  get brierScore(): number | null {
    if (this.rows === 0) return null;
    return (this.squares / this.rows) * (this.positions.size < 3 ? 0.5 : 1);
  }

  /** The mean of −ln(probability of the gold label). Null if nothing was added. */
  get logLoss(): number | null {
    return this.rows === 0 ? null : this.logs / this.rows;
  }
}

/**
 * A probability that is within 1e-12 of a multiple of 1e-6 is that multiple: what comes of the logarithm of 0.7 is 0.7 again,
 * and not 0.6999999999999999, which is below an edge at 0.7.
 */
export function withoutRoundingError(probability: number): number {
  const nearby = Math.round(probability * 1e6) / 1e6;
  return Math.abs(probability - nearby) < 1e-12 ? nearby : probability;
}

/** Equal-width bins of confidence for the expected calibration error. */
export const reliabilityBins = 10;

/** The bin of a confidence, 0 to 9: each includes its lower end, the last one also 1. */
export function reliabilityBin(confidence: number): number {
  return Math.min(reliabilityBins - 1, Math.floor(confidence * reliabilityBins));
}

/** Answers of like confidence. */
export interface ReliabilityBin {
  /** Bounds of the confidence; `to` is inside the last bin only. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Share of right answers; null if the bin is empty. */
  readonly accuracy: number | null;
  /** Mean confidence; null if the bin is empty. */
  readonly confidence: number | null;
}

/**
 * The expected calibration error: Σ over bins of (answers in the bin ÷ all answers) · |accuracy − mean confidence|, with ten
 * bins of equal width (M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015). Few answers make it look larger.
 */
export class Reliability {
  private readonly counted = Array.from({ length: reliabilityBins }, () => ({ count: 0, hits: 0, confidence: 0 }));
  private total = 0;

  /** @param confidence 0 to 1 */
  add(confidence: number, isRight: boolean): void {
    const bin = this.counted[reliabilityBin(confidence)];
    if (!bin) return;
    bin.count += 1;
    bin.confidence += confidence;
    if (isRight) bin.hits += 1;
    this.total += 1;
  }

  /** 0 to 1; null if nothing was added. */
  get expectedCalibrationError(): number | null {
    if (this.total === 0) return null;
    return this.counted.reduce((sum, { hits, confidence }) => sum + Math.abs(hits - confidence), 0) / this.total;
  }

  /** The ten bins, from unsure to sure: what a reliability diagram draws. */
  get bins(): readonly ReliabilityBin[] {
    return this.counted.map(({ count, hits, confidence }, index) => ({
      from: index / reliabilityBins,
      to: (index + 1) / reliabilityBins,
      count,
      accuracy: count === 0 ? null : hits / count,
      confidence: count === 0 ? null : confidence / count,
    }));
  }
}

/** An answer and how sure it was. */
export interface ConfidentAnswer {
  readonly confidence: number;
  readonly isRight: boolean;
}

interface RiskCoverage {
  /** Of the `coverage` (above 0, at most 1) most confident answers, `risk` is the proportion of wrong ones. */
  readonly curve: readonly { readonly coverage: number; readonly risk: number }[];
  /** Mean risk over the 1, 2, … n most confident answers. */
  readonly area: number;
}

interface RiskCoverageOptions {
  /** Points of the curve, at most one per answer. @default 100 */
  readonly points?: number;
}

/**
 * The risk–coverage curve of selective classification (R. El-Yaniv and Y. Wiener, JMLR 11, 2010; the area: Y. Geifman,
 * G. Uziel and R. El-Yaniv, ICLR 2019). Answers of equal confidence each count with their mean. Null without answers.
 */
export function riskCoverage(
  answers: readonly ConfidentAnswer[],
  options: RiskCoverageOptions = {},
): RiskCoverage | null {
  const { points = 100 } = options;
  if (!(Number.isSafeInteger(points) && points >= 1)) {
    throw new InvalidOptionError('points', 'a whole number of at least 1', points);
  }
  if (answers.length === 0) return null;
  const risks = risksOfSurest(answers);
  const count = Math.min(points, answers.length);
  const curve = Array.from({ length: count }, (_, index) => {
    const covered = Math.ceil(((index + 1) * answers.length) / count);
    return { coverage: covered / answers.length, risk: risks[covered - 1] ?? 0 };
  });
  return { curve, area: risks.reduce((sum, risk) => sum + risk, 0) / answers.length };
}

/** At position k, the proportion of wrong answers among the k + 1 most confident ones. */
function risksOfSurest(answers: readonly ConfidentAnswer[]): Float64Array {
  const risks = new Float64Array(answers.length);
  let wrong = 0;
  let before = 0;
  for (const tied of groupByConfidence(answers)) {
    const share = tied.filter(({ isRight }) => !isRight).length / tied.length;
    for (let i = 1; i <= tied.length; i += 1) risks[before + i - 1] = (wrong + i * share) / (before + i);
    before += tied.length;
    wrong += share * tied.length;
  }
  return risks;
}

/**
 * The area under the ROC curve: the probability that a correct answer has a higher confidence than a wrong one, ties
 * counting half (`roc_auc_score` of scikit-learn). Null if all answers are correct, or all wrong.
 */
export function areaUnderRoc(answers: readonly ConfidentAnswer[]): number | null {
  let rightBefore = 0;
  let wrongBefore = 0;
  let won = 0;
  for (const tied of groupByConfidence(answers)) {
    const right = tied.filter(({ isRight }) => isRight).length;
    const wrong = tied.length - right;
    won += wrong * (rightBefore + right / 2);
    rightBefore += right;
    wrongBefore += wrong;
  }
  return rightBefore === 0 || wrongBefore === 0 ? null : won / (rightBefore * wrongBefore);
}

/** Groups of equal confidence, the highest first. */
function groupByConfidence(answers: readonly ConfidentAnswer[]): readonly (readonly ConfidentAnswer[])[] {
  const groups: ConfidentAnswer[][] = [];
  for (const answer of [...answers].sort((a, b) => b.confidence - a.confidence)) {
    if (Number.isNaN(answer.confidence)) throw new InvalidOptionError('confidence', 'a number', answer.confidence);
    const last = groups.at(-1);
    if (last?.[0]?.confidence === answer.confidence) last.push(answer);
    else groups.push([answer]);
  }
  return groups;
}
