import type { Agent } from '../classify/agent.js';
import type { LongStrategy } from '../classify/long-texts/long-strategy.js';
import { QuantileSketch } from '../foundation/statistics/quantile-sketch.js';
import type { HostMetrics } from '../model/host-figures.js';
import { ConfidenceMetrics } from './confidence-figures.js';
import { type Cost, costOf, type TokenPrice } from './cost.js';
import { FailureCounts } from './failure-counts.js';
import { hostWarnings } from './host-warnings.js';
import type { ClassifiedReview } from './judge-review.js';
import { LabelComparison } from './label-comparison.js';
import { LongReviews } from './long-reviews.js';
import { oneLabelWarning, oneLabelWarningByGold, sameBeginning } from './one-label-warning.js';
import type { Review, ReviewResult } from './review.js';
import { ServerTime } from './server-time.js';
import type { LatencySummary, Summary } from './summary.js';

/** What is known of a run before it starts. */
export interface RunFacts {
  readonly runId: string;
  readonly provider: string;
  readonly model: string;
  readonly prompt: string;
  readonly labels: readonly string[];
  readonly workers: number;
  readonly workerCap: number;
  /** Number of reviews; null where the input was not counted. */
  readonly total: number | null;
  /** Whether right labels are expected. */
  readonly labelled: boolean;
  /** Undefined where none is known. */
  readonly price?: TokenPrice | undefined;
  /** Of the calibration; undefined where there is none. */
  readonly temperature?: number | undefined;
  /** What becomes of reviews that do not fit into the context. */
  readonly long: LongStrategy;
  readonly agent: Agent;
  /** How often each label was answered by an earlier run over the same rows; undefined where none is known. */
  readonly reference?: ReadonlyMap<string, number> | undefined;
}

/** Sums a run up while it goes on, in memory that does not grow with the number of reviews. */
export class RunningSummary {
  readonly counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0, not_started: 0 };
  readonly byLabel: Map<string, number>;
  private readonly comparison: LabelComparison;
  private readonly confidence: ConfidenceMetrics;
  private readonly latency = new QuantileSketch();
  private readonly serverTime = new ServerTime();
  private readonly firstWave = new QuantileSketch();
  private readonly longReviews: LongReviews;
  private readonly failures = new FailureCounts();
  /** Number of reviews; null as long as it is not known. */
  private total: number | null;
  private asked = 0;
  private workMs = 0;
  private retries = 0;
  private noticed = false;
  private cached = 0;
  private uncounted = 0;
  private promptTokens: number | null = null;
  private completionTokens: number | null = null;

  constructor(private readonly facts: RunFacts) {
    this.byLabel = new Map(facts.labels.map((label) => [label, 0]));
    this.comparison = new LabelComparison(facts.labels);
    this.total = facts.total;
    this.confidence = new ConfidenceMetrics(facts.agent);
    this.longReviews = new LongReviews(facts.long);
  }

  /** Counts one result. @param cause what the review failed with @returns a warning that there is reason for since this one */
  add(review: Review, { result, answer, length, isAlone }: ClassifiedReview, cause?: unknown): string | undefined {
    this.counts[result.status] += 1;
    if (result.status === 'skipped' || result.status === 'not_started') return undefined;
    if (result.status === 'failed') this.failures.add(review, result, cause);
    if (length.isLong) this.longReviews.add(result.id, result.status === 'ok');
    if (result.cached) this.cached += 1;
    else this.addAsked(result, answer?.queueMs ?? null, length.furtherQuestions, isAlone === true);
    if (result.sentiment !== null) this.byLabel.set(result.sentiment, (this.byLabel.get(result.sentiment) ?? 0) + 1);
    if (this.facts.labelled && result.status !== 'cancelled') this.comparison.add(review, result.sentiment);
    const doubt = answer ? this.confidence.add(this.comparison.labelOf(review.expected), result, answer) : undefined;
    return doubt ?? this.notice();
  }

  /** A recorded answer cannot be used. @returns false */
  rejectRecorded(): false {
    this.confidence.reject();
    return false;
  }

  /** The input was read to its end: there is no review but those that were counted. */
  endInput(): void {
    this.total ??= this.counted();
  }

  /**
   * @param durationMs wall time of the whole run, in milliseconds
   * @param hosts what each server did, where several may answer
   */
  finish(durationMs: number, warnings: readonly string[], hosts?: readonly HostMetrics[]): Summary {
    const { facts, counts, total } = this;
    const items = total ?? this.counted();
    const answerable = items - counts.skipped;
    const inFlightMean = durationMs > 0 ? this.workMs / durationMs : 0;
    const answers = counts.ok - this.cached;
    const { waiting, speedup } = this.serverTime.summarize({
      durationMs,
      workers: facts.workers,
      answers,
      inFlightMean,
    });
    return {
      run_id: facts.runId,
      provider: facts.provider,
      model: facts.model,
      prompt: facts.prompt,
      items,
      succeeded: counts.ok,
      failed: counts.failed,
      skipped: counts.skipped,
      cancelled: counts.cancelled,
      not_started: total === null ? null : total - this.counted() + counts.not_started,
      cached: this.cached,
      sentiment: this.shares(),
      duration_ms: round(durationMs),
      throughput_per_second: this.throughput(durationMs),
      success_rate: answerable > 0 ? counts.ok / answerable : null,
      latency_ms: { ...latencyOf(this.latency), first: roundOrNull(this.firstWave.mean) },
      queue_ms: waiting && roundAll(waiting),
      workers: facts.workers,
      worker_cap: facts.workerCap,
      in_flight_mean: round(inFlightMean),
      estimated_speedup: typeof speedup === 'number' ? round(speedup) : null,
      ...(typeof speedup === 'number' ? {} : { speedup_unknown: speedup }),
      tokens: { prompt: this.promptTokens, completion: this.completionTokens },
      ...(facts.price ? { cost: this.cost(facts.price) } : {}),
      retries: this.retries,
      confidence: this.confidence.summary(facts.labelled, facts.temperature),
      long_reviews: this.longReviews.summary(),
      errors: this.failures.list(),
      ...(facts.labelled ? this.comparison.summary() : {}),
      ...(hosts ? { hosts } : {}),
      warnings: [
        ...warnings,
        ...hostWarnings(hosts ?? []),
        ...this.confidence.warnings(),
        ...(facts.labelled ? this.comparison.warnings() : []),
        ...this.oneLabelWarnings(),
        ...this.costWarnings(),
        ...this.longReviews.warnings(),
      ],
    };
  }

  /** Of the reviews that a model was asked about; where there is none, nothing was measured. */
  private throughput(durationMs: number): number | null {
    if (this.asked === 0 || durationMs <= 0) return null;
    return round(((this.counts.ok - this.cached) / durationMs) * 1_000);
  }

  /**
   * What should be known at once of the answers so far, each once: that they are nearly all one label.
   * @returns undefined where there is nothing to say
   */
  private notice(): string | undefined {
    if (this.noticed) return undefined;
    const answered = this.counts.ok;
    // Every row at first, then every hundredth: a look at many labels takes its time.
    if (answered > 200 && answered % 100 > 0) return undefined;
    const notice =
      this.comparison.compared > 0 ? oneLabelWarningByGold(this.comparison.matrix) : sameBeginning(this.byLabel);
    this.noticed = notice !== undefined;
    return notice;
  }

  /** By gold labels where most answers have one; without, once all rows are answered: they may be sorted. */
  private oneLabelWarnings(): readonly string[] {
    const { comparison, counts, facts, total } = this;
    const byGold = comparison.compared > 0 ? oneLabelWarningByGold(comparison.matrix) : undefined;
    if (byGold !== undefined) return [byGold];
    const isComplete = total !== null && this.counted() >= total;
    if (!isComplete || (comparison.compared > 0 && comparison.compared * 2 >= counts.ok)) return [];
    const warning = oneLabelWarning(this.byLabel, facts.reference);
    return warning === undefined ? [] : [warning];
  }

  private counted(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** What was measured: only of reviews that a question was asked for. */
  private addAsked(result: ReviewResult, queueMs: number | null, furtherQuestions: number, isAlone: boolean): void {
    this.asked += 1;
    this.workMs += result.duration_ms;
    this.retries += Math.max(0, result.attempts - 1 - furtherQuestions);
    this.promptTokens = plus(this.promptTokens, result.prompt_tokens);
    this.completionTokens = plus(this.completionTokens, result.completion_tokens);
    if (result.sentiment === null) return;
    this.latency.add(result.duration_ms);
    if (this.asked <= this.facts.workers) this.firstWave.add(result.duration_ms);
    // Pauses between attempts are no time of the server.
    if (result.attempts === 1 + furtherQuestions) this.serverTime.add(result.duration_ms, queueMs, isAlone);
    if (result.prompt_tokens === null || result.completion_tokens === null) this.uncounted += 1;
  }

  private shares(): Summary['sentiment'] {
    const answered = this.counts.ok;
    return Object.fromEntries(
      [...this.byLabel].map(([label, count]) => [label, { count, share: answered > 0 ? count / answered : 0 }]),
    );
  }

  private cost(price: TokenPrice): Cost {
    const { promptTokens: prompt, completionTokens: completion } = this;
    if (this.uncounted > 0) return costOf({ prompt: null, completion: null }, price);
    return costOf({ prompt: prompt ?? 0, completion: completion ?? 0 }, price);
  }

  private costWarnings(): readonly string[] {
    if (!this.facts.price || this.uncounted === 0) return [];
    return [`the cost is not known: the server did not count the tokens of ${this.uncounted} answers`];
  }
}

function latencyOf(sketch: QuantileSketch): LatencySummary {
  const quantile = (share: number) => sketch.quantile(share);
  return roundAll({ mean: sketch.mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: sketch.max });
}

function roundAll({ mean, p50, p95, p99, max }: LatencySummary): LatencySummary {
  return {
    mean: roundOrNull(mean),
    p50: roundOrNull(p50),
    p95: roundOrNull(p95),
    p99: roundOrNull(p99),
    max: roundOrNull(max),
  };
}

function plus(sum: number | null, more: number | null): number | null {
  return more === null ? sum : (sum ?? 0) + more;
}

/** To microseconds, or thousandths. */
function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : round(value);
}
