/** The list of the likeliest tokens does not show smaller shares reliably. */
const leastShare = 1e-4;

/**
 * Temperature scaling of the shares of labels: p ^ (1/T) ÷ Σ p ^ (1/T). What is missing to 1, because it
 * decides for no label, is one more outcome.
 */
export function temperShares(shares: readonly number[], temperature: number): number[] {
  const missing = 1 - shares.reduce((sum, share) => sum + share, 0);
  const outcomes = [...shares.map((share) => Math.max(share, leastShare)), ...(missing >= leastShare ? [missing] : [])];
  const logits = outcomes.map((outcome) => Math.log(outcome) / temperature);
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.slice(0, shares.length).map((weight) => weight / total);
}

/** An answer with its gold label. Labels are positions among the labels. */
export interface ClassifiedRow {
  /** The shares of the labels, in their order; 0 to 1, at most 1 together. */
  readonly shares: readonly number[];
  readonly answered: number;
  readonly expected: number;
}

/** The bounds of a temperature. */
export const temperatureRange = { least: 0.05, most: 20 };

/** The smaller part of the golden section. */
const golden = (3 - Math.sqrt(5)) / 2;
const tolerance = 1e-6;

/**
 * The temperature under which the gold labels are the likeliest: the minimum of the mean negative log-likelihood, which
 * is convex in 1/T, by golden-section search over ln T (C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of
 * Modern Neural Networks", ICML 2017). A value at a bound means that the rows determine none.
 * @param rows one at least
 */
export function fitTemperature(rows: readonly ClassifiedRow[]): number {
  const cost = (x: number) => negativeLogLikelihood(rows, Math.exp(x));
  let low = Math.log(temperatureRange.least);
  let high = Math.log(temperatureRange.most);
  let left = low + golden * (high - low);
  let right = high - golden * (high - low);
  let leftCost = cost(left);
  let rightCost = cost(right);
  while (high - low > tolerance) {
    if (leftCost <= rightCost) {
      [high, right, rightCost] = [right, left, leftCost];
      left = low + golden * (high - low);
      leftCost = cost(left);
    } else {
      [low, left, leftCost] = [left, right, rightCost];
      right = high - golden * (high - low);
      rightCost = cost(right);
    }
  }
  return Math.exp((low + high) / 2);
}

/** Mean over the rows of −ln of the tempered share of the gold label. */
export function negativeLogLikelihood(rows: readonly ClassifiedRow[], temperature: number): number {
  const total = rows.reduce(
    (sum, { shares, expected }) => sum - Math.log(temperShares(shares, temperature)[expected] ?? 0),
    0,
  );
  return total / rows.length;
}
