import { renderRemedy } from '../foundation/errors/chorale-error.js';
import { QuantileSketch } from '../foundation/statistics/quantile-sketch.js';
import type { HostMetrics } from '../model/model.js';
import type { ClassifiedReview } from './classify-review.js';
import { FailureCounts } from './failure-counts.js';
import { RunningFields } from './fields/running-fields.js';
import { LabelComparison } from './label-comparison.js';
import { LongReviews } from './long-reviews.js';
import { RunningConfidence } from './reported-confidence.js';
import type { Review } from './review.js';
import type { RunPlan } from './run-plan.js';
import { hostWarnings, oneLabelWarning, oneLabelWarningByGold, sameBeginning } from './run-warnings.js';
import { ServerTime } from './server-time.js';
import type { Cost, LatencySummary, Summary, TokenPrice } from './summary.js';

/** Summarises a run while it continues, in memory that does not grow with the number of reviews. */
export class RunningSummary {
  private readonly counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0, not_started: 0 };
  private readonly byLabel: Map<string, number>;
  private readonly comparison: LabelComparison;
  private readonly confidence: RunningConfidence;
  private readonly requests: RequestMetrics;
  private readonly longReviews: LongReviews;
  private readonly failures: FailureCounts;
  /** Undefined if the prompt has no fields. */
  private readonly fields: RunningFields | undefined;
  /** Number of reviews; null as long as it is not known. */
  private total: number | null;
  private hasNoticed = false;
  private cached = 0;
  /** Whether the reviews have gold labels, and the answers labels. */
  private readonly labelled: boolean;

  constructor(private readonly plan: RunPlan) {
    const { labels, long } = plan.agent;
    this.labelled = plan.options.labelled === true && labels.length > 0;
    this.byLabel = new Map(labels.map((label) => [label, 0]));
    this.comparison = new LabelComparison(labels);
    this.total = plan.total;
    this.confidence = new RunningConfidence(plan.agent, plan.temperature);
    this.requests = new RequestMetrics(plan.workers);
    this.longReviews = new LongReviews(long);
    this.failures = new FailureCounts(plan.options.spell);
    const { fields } = plan.agent;
    this.fields = fields ? new RunningFields(fields, new Set(plan.options.labelledFields)) : undefined;
  }

  /**
   * Counts one review.
   * @param cause what the review failed with
   * @returns a warning for which this review gives the reason
   */
  add(review: Review, classified: ClassifiedReview, cause?: unknown): string | undefined {
    const { result, prediction, isLong } = classified;
    this.counts[result.status] += 1;
    if (result.status === 'skipped' || result.status === 'not_started') return undefined;
    if (result.status === 'failed') this.failures.add(review, result, cause);
    if (isLong) this.longReviews.add(result.id, result.status === 'ok');
    if (result.cached) this.cached += 1;
    else this.requests.add(classified);
    if (result.sentiment !== null) this.byLabel.set(result.sentiment, (this.byLabel.get(result.sentiment) ?? 0) + 1);
    if (this.labelled && result.status !== 'cancelled') this.comparison.add(review, result.sentiment);
    if (result.status !== 'cancelled') this.fields?.add(result.fields ?? null, review.expectedFields);
    const labelled = { text: review.text, expected: this.comparison.labelOf(review.expected) };
    const doubt = prediction && this.confidence.add(labelled, result, prediction);
    return doubt ?? this.notice();
  }

  /** Counts a recorded prediction that cannot be used. */
  countUnusable(): void {
    this.confidence.reject();
  }

  /** The input was read to its end: there are no reviews but those that were counted. */
  endInput(): void {
    this.total ??= this.counted();
  }

  /**
   * @param durationMs wall time of the whole run, in milliseconds
   * @param hosts what each server did, where several may answer
   */
  finish(durationMs: number, warnings: readonly string[], hosts?: readonly HostMetrics[]): Summary {
    const { counts, total, cached, requests, comparison } = this;
    const { agent, options, workers } = this.plan;
    const items = total ?? this.counted();
    const answerable = items - counts.skipped;
    const answers = counts.ok - cached;
    const { latency_ms, queue_ms, ...measured } = requests.summary(durationMs, answers, options.price);
    return {
      run_id: this.plan.runId,
      provider: agent.model.provider,
      model: agent.model.name,
      prompt: agent.promptId,
      items,
      succeeded: counts.ok,
      failed: counts.failed,
      skipped: counts.skipped,
      cancelled: counts.cancelled,
      not_started: total === null ? null : total - this.counted() + counts.not_started,
      cached,
      sentiment: this.shares(),
      ...(this.fields ? { fields: this.fields.summary() } : {}),
      duration_ms: round(durationMs),
      throughput_per_second: requests.count > 0 && durationMs > 0 ? round((answers / durationMs) * 1_000) : null,
      success_rate: answerable > 0 ? counts.ok / answerable : null,
      latency_ms,
      queue_ms,
      workers,
      worker_cap: options.workerCap,
      ...measured,
      confidence: this.confidence.summary(this.labelled),
      long_reviews: this.longReviews.summary(),
      errors: this.failures.list(),
      ...(this.labelled ? comparison.summary() : {}),
      ...(this.plan.budget ? { budget: this.plan.budget.summary() } : {}),
      ...(hosts ? { hosts } : {}),
      warnings: [
        ...warnings,
        ...hostWarnings(hosts ?? []),
        ...this.confidence.warnings(),
        ...(this.labelled ? comparison.warnings() : []),
        ...this.oneLabelWarnings(),
        ...(measured.cost?.amount === null
          ? [`the cost is not known: the server did not count the tokens of ${requests.uncounted} answers`]
          : []),
        ...this.longReviews.warnings(),
      ].map((warning) => renderRemedy(warning, options.spell)),
    };
  }

  /** Warns once, during the run, that the predictions so far are nearly all one label. */
  private notice(): string | undefined {
    if (this.hasNoticed) return undefined;
    const answered = this.counts.ok;
    // Every row at first, then every hundredth: with many labels the check takes its time.
    if (answered > 200 && answered % 100 > 0) return undefined;
    const notice =
      this.comparison.compared > 0 ? oneLabelWarningByGold(this.comparison.matrix) : sameBeginning(this.byLabel);
    this.hasNoticed = notice !== undefined;
    return notice;
  }

  /** By gold labels where most predictions have one; without, once all rows are answered: they may be sorted. */
  private oneLabelWarnings(): readonly string[] {
    const { comparison, counts, plan, total } = this;
    const byGold = comparison.compared > 0 ? oneLabelWarningByGold(comparison.matrix) : undefined;
    if (byGold !== undefined) return [byGold];
    const isComplete = total !== null && this.counted() >= total;
    if (!isComplete || (comparison.compared > 0 && comparison.compared * 2 >= counts.ok)) return [];
    const warning = oneLabelWarning(this.byLabel, plan.options.reference);
    return warning === undefined ? [] : [warning];
  }

  private counted(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  private shares(): Summary['sentiment'] {
    const answered = this.counts.ok;
    return Object.fromEntries(
      [...this.byLabel].map(([label, count]) => [label, { count, share: answered > 0 ? count / answered : 0 }]),
    );
  }
}

/** What was measured of the reviews for which a request was made. */
class RequestMetrics {
  count = 0;
  /** Answers whose tokens the server did not count. */
  uncounted = 0;
  private readonly latency = new QuantileSketch();
  private readonly firstWave = new QuantileSketch();
  private readonly serverTime = new ServerTime();
  private workMs = 0;
  private retries = 0;
  private readonly tokens: { prompt: number | null; completion: number | null } = { prompt: null, completion: null };

  constructor(private readonly workers: number) {}

  add({ result, prediction, furtherRequests, isAlone = false }: ClassifiedReview): void {
    const { duration_ms: durationMs, attempts, prompt_tokens: prompt, completion_tokens: completion } = result;
    this.count += 1;
    this.workMs += durationMs;
    this.retries += Math.max(0, attempts - 1 - furtherRequests);
    this.tokens.prompt = plus(this.tokens.prompt, prompt);
    this.tokens.completion = plus(this.tokens.completion, completion);
    if (result.status !== 'ok') return;
    this.latency.add(durationMs);
    if (this.count <= this.workers) this.firstWave.add(durationMs);
    // Pauses between attempts are not time of the server.
    if (attempts === 1 + furtherRequests) this.serverTime.add(durationMs, prediction?.queueMs ?? null, isAlone);
    if (prompt === null || completion === null) this.uncounted += 1;
  }

  summary(durationMs: number, answers: number, price: TokenPrice | undefined) {
    const { latency, workers } = this;
    const inFlightMean = durationMs > 0 ? this.workMs / durationMs : 0;
    const { waiting, speedup } = this.serverTime.summarize({ durationMs, workers, answers, inFlightMean });
    const [p50, p95, p99] = [latency.quantile(0.5), latency.quantile(0.95), latency.quantile(0.99)];
    const measured = roundAll({ mean: latency.mean, p50, p95, p99, max: latency.max });
    return {
      latency_ms: { ...measured, first: roundOrNull(this.firstWave.mean) },
      queue_ms: waiting && roundAll(waiting),
      in_flight_mean: round(inFlightMean),
      estimated_speedup: typeof speedup === 'number' ? round(speedup) : null,
      ...(typeof speedup === 'number' ? {} : { speedup_unknown: speedup }),
      tokens: { ...this.tokens },
      ...(price ? { cost: this.cost(price) } : {}),
      retries: this.retries,
    };
  }

  /** Σ tokens · price ÷ 1,000,000. */
  private cost({ promptPerMillion, completionPerMillion, currency }: TokenPrice): Cost {
    const { prompt, completion } = this.tokens;
    const amount = ((prompt ?? 0) * promptPerMillion + (completion ?? 0) * completionPerMillion) / 1e6;
    return { amount: this.uncounted > 0 ? null : amount, currency };
  }
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
