/** The estimated number of tokens of a text. */
export interface TokenEstimate {
  readonly expected: number;
  /** The lower bound. */
  readonly atLeast: number;
  /** The upper bound. */
  readonly atMost: number;
}

/** Kinds of characters that tokenizers treat similarly. */
const kind = { letter: 0, digit: 1, space: 2, sign: 3, twoBytes: 4, threeBytes: 5, halfOfFourBytes: 6, repeated: 7 };

/**
 * Tokens of one character of each kind, before a server has counted. English words have four or five letters a token, with
 * the space before them; Latin with accents, Greek, Cyrillic, Hebrew and Arabic two characters; Chinese, Japanese, Korean,
 * Thai and the scripts of India about one; an emoji is two or three tokens. Runs of one character have tokens of their own.
 */
const usualTokens = [0.22, 0.6, 0.1, 0.6, 0.5, 0.9, 1.25, 0.15];

/** Tokens that a chat template adds. */
const frameTokens = 12;

/** Standard deviations of the frame, and of the usual tokens relative to them. */
const deviations = { frame: 10, usualTokens: 0.35 };

/** No weight gets below it, so that estimates grow with the text. */
const leastWeight = 0.001;

/** Relative error of an estimate before a server has counted. */
const firstSpread = 0.1;

/** The relative error of fewer tokens than this says nothing. */
const leastVarying = 20;

/** Share of the expected tokens that a text has at least, before a server has counted. */
const leastShare = 0.2;

/** Standard deviations of the lower and of the upper bound. */
const bounds = { low: 3, high: 2 };

/**
 * Estimates tokens, and learns from what a server counts: tokens = frame + Σ over the kinds of characters (their number ×
 * tokens of one), fitted to the counts by least squares. The bounds come from the covariance of the weights and from the
 * errors of earlier estimates.
 */
export class TokenEstimator {
  private readonly fit = new BoundedLeastSquares(
    [frameTokens, ...usualTokens],
    [deviations.frame, ...usualTokens.map((tokens) => tokens * deviations.usualTokens)],
  );
  private readonly featuresOf = createFeatures();
  private readonly fixed: readonly number[];
  private spread = firstSpread ** 2;
  private counts = 0;

  /** @param fixed what is the same in all texts: its tokens do not widen the bounds once a server has counted */
  constructor(fixed = '') {
    this.fixed = this.featuresOf(fixed);
  }

  /** Never negative; the estimate of a text is never below that of its beginning. */
  estimate(text: string): TokenEstimate {
    const features = this.featuresOf(text);
    const expected = this.fit.expected(features);
    const deviation = Math.sqrt(this.fit.variance(features)) + Math.sqrt(this.spread) * this.varying(expected);
    return {
      expected,
      atLeast: Math.max(this.counts > 0 ? 0 : leastShare * expected, expected - bounds.low * deviation),
      atMost: expected + bounds.high * deviation,
    };
  }

  learn(text: string, tokens: number): void {
    const features = this.featuresOf(text);
    const expected = this.fit.expected(features);
    this.counts += 1;
    const relative = (tokens - expected) / Math.max(leastVarying, this.varying(expected), this.varying(tokens));
    this.spread += Math.max(0.02, 1 / (this.counts + 10)) * (relative ** 2 - this.spread);
    // The kinds of characters do not determine a count better than within 1.5 % and one token.
    this.fit.add(features, tokens, (0.015 * tokens) ** 2 + 1);
  }

  /** Learns that a text has at least so many tokens, from a server that reports no more than that. */
  learnAtLeast(text: string, tokens: number): void {
    if (this.fit.expected(this.featuresOf(text)) < tokens) this.learn(text, tokens);
  }

  private varying(tokens: number): number {
    return Math.max(0, tokens - this.fit.expected(this.fixed));
  }
}

/** Makes the features of texts: 1 for the frame, then the number of each kind. Remembers the last text, often used again. */
function createFeatures(): (text: string) => readonly number[] {
  let last: { readonly text: string; readonly features: readonly number[] } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, features: [1, ...countKinds(text)] };
    return last.features;
  };
}

/** Counts emoji in halves and repeated characters by those before them: no count is below that of the text's beginning. */
function countKinds(text: string): number[] {
  const counts = usualTokens.map(() => 0);
  let last = -1;
  let lastButOne = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const found = code === last && code === lastButOne ? kind.repeated : kindOf(code);
    counts[found] = (counts[found] ?? 0) + 1;
    lastButOne = last;
    last = code;
  }
  return counts;
}

const kindOfAscii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) return kind.letter;
  if (/[0-9]/.test(character)) return kind.digit;
  return /[ \t]/.test(character) ? kind.space : kind.sign;
});

function kindOf(code: number): number {
  if (code < 0x80) return kindOfAscii[code] ?? kind.sign;
  if (code < 0x800) return kind.twoBytes;
  return code >= 0xd800 && code < 0xe000 ? kind.halfOfFourBytes : kind.threeBytes;
}

/** Rounds over the weights after each value; they begin where the last ones ended. */
const rounds = 4;

/**
 * Least squares with a prior and a lower bound on the weights, value by value, in constant memory: coordinate descent on
 * the normal equations. Vectors and matrices are plain arrays.
 */
class BoundedLeastSquares {
  /** Normal equations, the prior included: Σ features · featuresᵀ ÷ noise, and Σ features · value ÷ noise. */
  private readonly products: number[][];
  private readonly targets: number[];
  /** Covariance of the weights, without their bound. */
  private readonly covariance: number[][];

  constructor(
    private readonly weights: number[],
    priorDeviations: readonly number[],
  ) {
    const diagonal = (values: readonly number[]) =>
      values.map((value, row) => values.map((_, column) => (row === column ? value : 0)));
    const variances = priorDeviations.map((deviation) => deviation ** 2);
    this.covariance = diagonal(variances);
    this.products = diagonal(variances.map((variance) => 1 / variance));
    this.targets = this.products.map((row) => dot(row, weights));
  }

  expected(features: readonly number[]): number {
    return dot(this.weights, features);
  }

  /** The variance of the expected value by the covariance of the weights. */
  variance(features: readonly number[]): number {
    return Math.max(0, dot(this.project(features), features));
  }

  /** @param noise variance of the value */
  add(features: readonly number[], value: number, noise: number): void {
    const projected = this.project(features);
    const total = dot(projected, features) + noise;
    features.forEach((feature, row) => {
      this.targets[row] = (this.targets[row] ?? 0) + (feature / noise) * value;
      addTo(this.products[row], features, feature / noise);
      addTo(this.covariance[row], projected, -(projected[row] ?? 0) / total);
    });
    for (let round = 0; round < rounds; round += 1) this.improve();
  }

  /** Sets one weight after the other to its best value while the others stay. */
  private improve(): void {
    const { weights, targets } = this;
    for (const [row, products] of this.products.entries()) {
      const missing = (targets[row] ?? 0) - dot(products, weights);
      weights[row] = Math.max(leastWeight, (weights[row] ?? 0) + missing / (products[row] ?? 1));
    }
  }

  private project(features: readonly number[]): number[] {
    return this.covariance.map((row) => dot(row, features));
  }
}

/** A loop: `reduce` takes several times as long, and each answer of a run comes here. */
function dot(row: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < row.length; at += 1) sum += (row[at] ?? 0) * (other[at] ?? 0);
  return sum;
}

function addTo(row: number[] = [], values: readonly number[], factor: number): void {
  for (let at = 0; at < values.length; at += 1) row[at] = (row[at] ?? 0) + factor * (values[at] ?? 0);
}
