import { InvalidOptionError } from '../errors/usage-errors.js';

/** An answer and how sure it was. */
export interface ConfidentAnswer {
  readonly confidence: number;
  readonly isRight: boolean;
}

export interface RiskCoverage {
  /** From the surest answers to all of them: of the `coverage` (above 0, at most 1) surest, the share that is wrong. */
  readonly curve: readonly { readonly coverage: number; readonly risk: number }[];
  /** Mean risk over the 1, 2, … n surest answers: 0 to 1, the less the better. */
  readonly area: number;
}

export interface RiskCoverageOptions {
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
