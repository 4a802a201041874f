import { countKinds, usualTokens } from '../character-kinds.js';
import { LinearFit } from './linear-fit.js';

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
