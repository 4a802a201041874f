/** What is believed of the weights before the first value. */
export interface LinearFitOptions {
  readonly prior: readonly number[];
  /** Standard deviations of the prior weights. */
  readonly deviations: readonly number[];
  /** No weight gets below it. */
  readonly least: number;
}

/** Rounds over the weights after each value; they begin where the last ones ended. */
const rounds = 4;

/**
 * Weighted least squares with a prior, value by value, with weights that stay above a bound: the best of all values so
 * far, by coordinate descent on the normal equations. Its memory does not grow.
 */
export class LinearFit {
  private readonly size: number;
  private readonly least: number;
  private readonly weights: Float64Array;
  /** Normal equations, the prior included: Σ features · featuresᵀ ÷ noise, row by row, and Σ features · value ÷ noise. */
  private readonly products: Float64Array;
  private readonly targets: Float64Array;
  /** Covariance of the weights, without their bound, row by row. */
  private readonly covariance: Float64Array;

  constructor({ prior, deviations, least }: LinearFitOptions) {
    this.size = prior.length;
    this.least = least;
    this.weights = Float64Array.from(prior);
    this.products = new Float64Array(this.size ** 2);
    this.targets = new Float64Array(this.size);
    this.covariance = new Float64Array(this.size ** 2);
    for (let at = 0; at < this.size; at += 1) {
      const variance = (deviations[at] ?? 1) ** 2;
      this.covariance[at * this.size + at] = variance;
      this.products[at * this.size + at] = 1 / variance;
      this.targets[at] = (prior[at] ?? 0) / variance;
    }
  }

  expected(features: readonly number[]): number {
    return dot(this.weights, 0, features);
  }

  /** How uncertain that is, by what is not known of the weights: a variance. */
  variance(features: readonly number[]): number {
    return Math.max(0, dot(this.pull(features), 0, features));
  }

  /** @param noise variance by which the value may be off */
  add(features: readonly number[], value: number, noise: number): void {
    const { size, products, targets, covariance } = this;
    const pull = this.pull(features);
    const total = dot(pull, 0, features) + noise;
    for (let row = 0; row < size; row += 1) {
      const feature = (features[row] ?? 0) / noise;
      const share = (pull[row] ?? 0) / total;
      targets[row] = (targets[row] ?? 0) + feature * value;
      for (let column = 0; column < size; column += 1) {
        const at = row * size + column;
        products[at] = (products[at] ?? 0) + feature * (features[column] ?? 0);
        covariance[at] = (covariance[at] ?? 0) - share * (pull[column] ?? 0);
      }
    }
    for (let round = 0; round < rounds; round += 1) this.improve();
  }

  /** Sets one weight after the other to what is best for it as the others stand. */
  private improve(): void {
    const { size, weights, products, targets, least } = this;
    for (let row = 0; row < size; row += 1) {
      const missing = (targets[row] ?? 0) - dot(products, row * size, weights);
      weights[row] = Math.max(least, (weights[row] ?? 0) + missing / (products[row * size + row] ?? 1));
    }
  }

  private pull(features: readonly number[]): Float64Array {
    const pull = new Float64Array(this.size);
    for (let row = 0; row < this.size; row += 1) pull[row] = dot(this.covariance, row * this.size, features);
    return pull;
  }
}

/** Σ of the values of `row`, from `start` on, times those of `other`. */
function dot(row: ArrayLike<number>, start: number, other: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < other.length; at += 1) sum += (row[start + at] ?? 0) * (other[at] ?? 0);
  return sum;
}
