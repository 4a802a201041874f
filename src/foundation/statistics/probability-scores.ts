import { InvalidOptionError } from '../errors/common-errors.js';
import { positionsOf, requireLabel } from './classification-scores.js';

/** Shares nearer to 0 or 1 than this count as that near, as in scikit-learn: one row costs at most 36. */
const nearest = 2 ** -52;

/** Shares may leave 0 to 1 by rounding. */
const rounding = 1e-9;

/**
 * What the shares of all labels are worth, added up one row at a time. Both figures are proper: only true probabilities
 * make them best. Shares are taken as they are; where they do not sum to 1, the rest counts for no label.
 */
export class ProbabilityScores {
  private readonly positions: ReadonlyMap<string, number>;
  private squares = 0;
  private logs = 0;
  private rows = 0;

  /** @throws InvalidOptionError where there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
  }

  /**
   * @param shares of the labels, in their order, each 0 to 1
   * @throws InvalidOptionError where `expected` is none of the labels, or the shares are not one from 0 to 1 for each
   */
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
   * The mean over rows of Σ over labels of (share − truth)², truth being 1 or 0 (G. W. Brier, Monthly Weather Review 78,
   * 1950): 0 to 2, and with two labels half of that, so (share of the one − truth)², 0 to 1; `brier_score_loss` of
   * scikit-learn. Null where nothing was added.
   */
  get brierScore(): number | null {
    if (this.rows === 0) return null;
    return (this.squares / this.rows) * (this.positions.size < 3 ? 0.5 : 1);
  }

  /** The mean of −ln(share of the right label), shares held within 2⁻⁵² and 1 − 2⁻⁵². Null where nothing was added. */
  get logLoss(): number | null {
    return this.rows === 0 ? null : this.logs / this.rows;
  }
}

/** Equal-width bins of confidence for the expected calibration error. */
const binCount = 10;

/** Answers of like confidence. */
export interface ReliabilityBin {
  /** The bin holds confidences from here… */
  readonly from: number;
  /** …to below here; the last one 1 as well. */
  readonly to: number;
  readonly count: number;
  /** Share of right answers; null where the bin is empty. */
  readonly accuracy: number | null;
  /** Mean confidence; null where the bin is empty. */
  readonly confidence: number | null;
}

/**
 * How far confidence and truth are apart, in memory that does not grow. The expected calibration error is
 * Σ over bins of (answers in it ÷ all answers) · |share of right answers − mean confidence|, with ten bins of equal width
 * (M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015; Guo et al., ICML 2017). Few answers make it look larger.
 */
export class Reliability {
  private readonly counted = Array.from({ length: binCount }, () => ({ count: 0, hits: 0, confidence: 0 }));
  private total = 0;

  /** @param confidence 0 to 1 */
  add(confidence: number, isRight: boolean): void {
    const bin = this.counted[Math.min(binCount - 1, Math.floor(confidence * binCount))];
    if (!bin) return;
    bin.count += 1;
    bin.confidence += confidence;
    if (isRight) bin.hits += 1;
    this.total += 1;
  }

  /** 0 to 1; null where nothing was added. */
  get expectedCalibrationError(): number | null {
    if (this.total === 0) return null;
    return this.counted.reduce((sum, { hits, confidence }) => sum + Math.abs(hits - confidence), 0) / this.total;
  }

  /** The ten bins, from unsure to sure: what a reliability diagram draws. */
  get bins(): readonly ReliabilityBin[] {
    return this.counted.map(({ count, hits, confidence }, index) => ({
      from: index / binCount,
      to: (index + 1) / binCount,
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
  /** From the surest answers to all of them: of the `coverage` (above 0, at most 1) surest, the share that is wrong. */
  readonly curve: readonly { readonly coverage: number; readonly risk: number }[];
  /** Mean risk over the 1, 2, … n surest answers: 0 to 1, the less the better. */
  readonly area: number;
}

interface RiskCoverageOptions {
  /** Points of the curve, at most one per answer. @default 100 */
  readonly points?: number;
}

/**
 * How often one errs who only believes the surest answers (R. El-Yaniv and Y. Wiener, JMLR 11, 2010; the area: Y. Geifman,
 * G. Uziel and R. El-Yaniv, "Bias-Reduced Uncertainty Estimation", ICLR 2019). Answers of one confidence are in no order:
 * each of them counts with their mean. The area depends on the accuracy too: compare it between judges of like accuracy.
 * @returns null where there is no answer
 * @throws InvalidOptionError where a confidence is no number, or `points` no whole number of at least 1
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
    const surest = Math.ceil(((index + 1) * answers.length) / count);
    return { coverage: surest / answers.length, risk: risks[surest - 1] ?? 0 };
  });
  return { curve, area: risks.reduce((sum, risk) => sum + risk, 0) / answers.length };
}

/** At position k, the share of wrong ones among the k + 1 surest answers. */
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
 * The chance that a right answer is surer than a wrong one, ties counting half: the area under the ROC curve
 * (`roc_auc_score` of scikit-learn). 0.5 says that the confidence tells nothing. Null where all are right, or all wrong.
 * @throws InvalidOptionError where a confidence is no number
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

/** Groups of equal confidence, the surest first. */
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
