/** About how many tokens a text has. */
export interface TokenEstimate {
  readonly expected: number;
  /** Fewer than these are hardly possible. */
  readonly atLeast: number;
  /** More than these are unlikely. */
  readonly atMost: number;
}

/** Estimates tokens, and learns from what a server counts. */
export interface TokenEstimator {
  /** Never negative; what is expected of a text is never less than what is expected of its beginning. */
  estimate(text: string): TokenEstimate;
  /** Learns from a count of the server. */
  learn(text: string, tokens: number): void;
  /** Learns that a text has at least so many tokens, from a server that says no more than that. */
  learnAtLeast(text: string, tokens: number): void;
}

/** Tokens that a chat template adds, and how wrong that may be. */
const frame = { tokens: 12, deviation: 10 };

/** How wrong the usual tokens of a kind of characters may be, as a share of them. */
const priorDeviation = 0.35;

/** No character is less of a token than this: estimates grow with the text. */
const least = 0.001;

/** Share by which the varying parts of two texts of the same characters may differ, before anything is known. */
const firstSpread = 0.1;

/** A varying part of fewer tokens tells nothing about that share. */
const leastVarying = 20;

/** Share of the usual tokens that a text has at least, before any server has counted. */
const leastShare = 0.2;

/** Standard deviations of the lower and of the upper bound. */
const bounds = { low: 3, high: 2 };

/**
 * Makes an estimator: tokens = frame + Σ over the kinds of characters (number of them × tokens of one), fitted to the
 * server's counts by least squares that begin with the usual tokens of each kind, with no weight below zero. The bounds
 * come from what is not known yet about the characters of a text (the covariance of the weights) and from how far counts
 * have been from their estimates.
 * @param fixed what is the same in all texts: the bounds need not allow for it once it has been counted
 */
export function createTokenEstimator(fixed = ''): TokenEstimator {
  const fit = new LinearFit({
    prior: [frame.tokens, ...usualTokens],
    deviations: [frame.deviation, ...usualTokens.map((tokens) => tokens * priorDeviation)],
    least,
  });
  const featuresOf = createFeatures();
  const fixedFeatures = featuresOf(fixed);
  const varying = (expected: number) => Math.max(0, expected - fit.expected(fixedFeatures));
  let spread = firstSpread ** 2;
  let counts = 0;

  function learn(text: string, tokens: number): void {
    const features = featuresOf(text);
    const expected = fit.expected(features);
    counts += 1;
    const relative = (tokens - expected) / Math.max(leastVarying, varying(expected), varying(tokens));
    spread += Math.max(0.02, 1 / (counts + 10)) * (relative ** 2 - spread);
    // A count is taken for right within 1.5 %, and within a token: that much the kinds of characters leave open.
    fit.add(features, tokens, (0.015 * tokens) ** 2 + 1);
  }

  return {
    estimate(text) {
      const features = featuresOf(text);
      const expected = fit.expected(features);
      const deviation = Math.sqrt(fit.variance(features)) + Math.sqrt(spread) * varying(expected);
      return {
        expected,
        atLeast: Math.max(counts > 0 ? 0 : leastShare * expected, expected - bounds.low * deviation),
        atMost: expected + bounds.high * deviation,
      };
    },
    learn,
    learnAtLeast(text, tokens) {
      if (fit.expected(featuresOf(text)) < tokens) learn(text, tokens);
    },
  };
}

/** What the tokens of a text depend on; the frame counts once. The last text is remembered: it is mostly asked about again. */
function createFeatures(): (text: string) => readonly number[] {
  let last: { readonly text: string; readonly features: readonly number[] } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, features: [1, ...countKinds(text)] };
    return last.features;
  };
}

/** Kinds of characters that tokenizers treat about alike. */
const kind = { letter: 0, digit: 1, space: 2, sign: 3, twoBytes: 4, threeBytes: 5, halfOfFourBytes: 6, repeated: 7 };

/**
 * Tokens of one character of each kind, before anything is known of the tokenizer. English words have four or five
 * letters a token, with the space before them; Latin with accents, Greek, Cyrillic, Hebrew and Arabic two characters;
 * Chinese, Japanese, Korean, Thai and the scripts of India about one; an emoji is two or three tokens. Long rows of one
 * character have tokens of their own.
 */
const usualTokens: readonly number[] = [0.22, 0.6, 0.1, 0.6, 0.5, 0.9, 1.25, 0.15];

const kindOfAscii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) return kind.letter;
  if (/[0-9]/.test(character)) return kind.digit;
  return /[ \t]/.test(character) ? kind.space : kind.sign;
});

/**
 * How many characters of each kind a text has. Emoji and the like count in halves, and a character is a repeated one by
 * those before it: no count of a text is below that of its beginning.
 */
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

function kindOf(code: number): number {
  if (code < 0x80) return kindOfAscii[code] ?? kind.sign;
  if (code < 0x800) return kind.twoBytes;
  return code >= 0xd800 && code < 0xe000 ? kind.halfOfFourBytes : kind.threeBytes;
}

/** What is believed of the weights before the first value. */
interface LinearFitOptions {
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
class LinearFit {
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
