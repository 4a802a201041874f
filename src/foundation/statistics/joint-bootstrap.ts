import {
  type BootstrapDifference,
  type BootstrapOptions,
  checkBootstrap,
  DifferenceTally,
} from './difference-tally.js';
import { JointPatterns, type PairFailures } from './joint-patterns.js';
import type { JointAnswers } from './metric-covariance.js';
import type { ComparedPair } from './simultaneous.js';

/** The differences of macro-F1 of one pair, on all rows, and on those that both classifiers answered. */
export interface JointDifference {
  readonly all: BootstrapDifference;
  /** Null if there is no such row. */
  readonly bothAnswered: BootstrapDifference | null;
}

interface PairTally {
  readonly pair: ComparedPair;
  readonly all: DifferenceTally;
  /** Undefined where both answered every row. */
  readonly bothAnswered: { readonly tally: DifferenceTally; readonly failures: PairFailures } | undefined;
}

/**
 * The paired bootstrap of the macro-F1 of many classifiers at once: each sample of the rows serves all pairs, so that a
 * classifier is scored once a sample instead of once a pair. No answer is a wrong one. For the rows that both answered, rows
 * are drawn first, and those that one of the two did not answer are excluded then.
 */
export class JointBootstrap {
  private readonly patterns: JointPatterns;
  private readonly scores: Float64Array;
  private readonly tallies: readonly PairTally[];
  private readonly resamples: number;
  private drawn = 0;

  constructor(
    joint: JointAnswers,
    pairs: readonly ComparedPair[],
    private readonly random: () => number,
    options: BootstrapOptions = {},
  ) {
    const { resamples, confidence } = checkBootstrap(options);
    this.resamples = resamples;
    this.patterns = new JointPatterns(joint);
    this.scores = new Float64Array(joint.answers.length);
    const tally = () => new DifferenceTally(resamples, confidence);
    this.tallies = pairs.map((pair) => ({
      pair,
      all: tally(),
      bothAnswered:
        this.patterns.failuresOf(pair) > 0 ? { tally: tally(), failures: this.patterns.failedBy(pair) } : undefined,
    }));
  }

  get isComplete(): boolean {
    return this.drawn >= this.resamples;
  }

  /** About how long one sample takes, in nanoseconds. */
  get sampleNs(): number {
    const failures = this.tallies.reduce((sum, { pair }) => sum + this.patterns.failuresOf(pair), 0);
    return this.patterns.sampleNs + 15 * this.tallies.length + 4 * failures;
  }

  /** Draws the next sample. */
  draw(): void {
    this.drawn += 1;
    this.patterns.draw(this.random);
    this.score((tally, difference) => tally.add(difference));
  }

  /** After all samples have been drawn, in the order of the pairs. */
  differences(): readonly JointDifference[] {
    this.patterns.observe();
    const observed = new Map<DifferenceTally, BootstrapDifference>();
    this.score((tally, difference) => observed.set(tally, tally.summarize(difference)));
    return this.tallies.flatMap(({ pair, all, bothAnswered }) => {
      const found = observed.get(all);
      const hasRows = this.patterns.rowsBothAnswered(pair) > 0;
      return found ? [{ all: found, bothAnswered: (hasRows && observed.get(bothAnswered?.tally ?? all)) || null }] : [];
    });
  }

  private score(add: (tally: DifferenceTally, difference: number) => void): void {
    const { scores, patterns } = this;
    for (let classifier = 0; classifier < scores.length; classifier += 1) {
      scores[classifier] = patterns.macroF1(classifier);
    }
    for (const { pair, all, bothAnswered } of this.tallies) {
      const [first, second] = pair;
      add(all, (scores[first] ?? 0) - (scores[second] ?? 0));
      if (bothAnswered) add(bothAnswered.tally, patterns.differenceWhereBothAnswered(bothAnswered.failures));
    }
  }
}
