import type { Agent, LongStrategy } from '../agent/index.js';
import { QuantileSketch } from '../measurement/index.js';
import type { HostFigures } from '../model/index.js';
import { Agreement } from './agreement.js';
import { ConfidenceFigures } from './confidence-figures.js';
import { type Cost, costOf, type TokenPrice } from './cost.js';
import { hostWarnings } from './host-warnings.js';
import type { JudgedReview } from './judge-review.js';
import { LongReviews } from './long-reviews.js';
import type { Review, ReviewResult } from './review.js';
import { ServerTime } from './server-time.js';
import type { FailureCount, LatencySummary, Summary } from './summary.js';

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
}

/** Different failure messages that are told apart; further ones are counted by code. */
const messageLimit = 50;

/** Sums a run up while it goes on, in memory that does not grow with the number of reviews. */
export class RunningSummary {
  readonly counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0, not_started: 0 };
  readonly byLabel: Map<string, number>;
  readonly agreement: Agreement;
  private readonly confidence: ConfidenceFigures;
  private readonly latency = new QuantileSketch();
  private readonly serverTime = new ServerTime();
  private readonly firstWave = new QuantileSketch();
  private readonly longReviews: LongReviews;
  private readonly failures = new Map<string, { message: string; code: string; count: number }>();
  /** Number of reviews; null as long as it is not known. */
  private total: number | null;
  private asked = 0;
  private workMs = 0;
  private retries = 0;
  private cached = 0;
  private unlabelled = 0;
  private labelledFailures = 0;
  private uncounted = 0;
  private promptTokens: number | null = null;
  private completionTokens: number | null = null;

  constructor(private readonly facts: RunFacts) {
    this.byLabel = new Map(facts.labels.map((label) => [label, 0]));
    this.agreement = new Agreement(facts.labels);
    this.total = facts.total;
    this.confidence = new ConfidenceFigures(facts.agent);
    this.longReviews = new LongReviews(facts.long);
  }

  /** Counts one result. @returns a warning that there is reason for since this one */
  add(review: Review, { result, answer, length }: JudgedReview): string | undefined {
    this.counts[result.status] += 1;
    if (result.status === 'skipped' || result.status === 'not_started') return undefined;
    if (length.isLong) this.longReviews.add(result.id, result.status === 'ok');
    if (result.cached) this.cached += 1;
    else this.addAsked(result, answer?.queueMs ?? null, length.furtherQuestions);
    if (result.sentiment !== null) this.byLabel.set(result.sentiment, (this.byLabel.get(result.sentiment) ?? 0) + 1);
    this.compare(review, result);
    return answer ? this.confidence.add(review.expected, result, answer) : undefined;
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
  finish(durationMs: number, warnings: readonly string[], hosts?: readonly HostFigures[]): Summary {
    const { facts, counts, total } = this;
    const items = total ?? this.counted();
    const answerable = items - counts.skipped;
    const { waiting, serviceMs } = this.serverTime.summarize();
    const atOnce = (ms: number) => (durationMs > 0 ? round(ms / durationMs) : 0);
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
      throughput_per_second: durationMs > 0 ? round(((counts.ok - this.cached) / durationMs) * 1_000) : 0,
      success_rate: answerable > 0 ? counts.ok / answerable : null,
      latency_ms: { ...latencyOf(this.latency), first: roundOrNull(this.firstWave.mean) },
      queue_ms: waiting && roundAll(waiting),
      workers: facts.workers,
      worker_cap: facts.workerCap,
      in_flight_mean: atOnce(this.workMs),
      estimated_speedup: serviceMs === null ? null : atOnce(serviceMs * (counts.ok - this.cached)),
      tokens: { prompt: this.promptTokens, completion: this.completionTokens },
      ...(facts.price ? { cost: this.cost(facts.price) } : {}),
      retries: this.retries,
      confidence: this.confidence.summary(facts.labelled, facts.temperature),
      long_reviews: this.longReviews.summary(),
      errors: this.errors(),
      ...(facts.labelled ? { accuracy: this.agreement.accuracy, macro_f1: this.agreement.macroF1 } : {}),
      ...(hosts ? { hosts } : {}),
      warnings: [
        ...warnings,
        ...hostWarnings(hosts ?? []),
        ...this.confidence.warnings(),
        ...this.labelWarnings(),
        ...this.costWarnings(),
        ...this.longReviews.warnings(),
      ],
    };
  }

  private counted(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** What was measured: only of reviews that a question was asked for. */
  private addAsked(result: ReviewResult, queueMs: number | null, furtherQuestions: number): void {
    this.asked += 1;
    this.workMs += result.duration_ms;
    this.retries += Math.max(0, result.attempts - 1 - furtherQuestions);
    this.promptTokens = plus(this.promptTokens, result.prompt_tokens);
    this.completionTokens = plus(this.completionTokens, result.completion_tokens);
    if (result.status === 'failed') this.addFailure(result);
    if (result.sentiment === null) return;
    this.latency.add(result.duration_ms);
    if (this.asked <= this.facts.workers) this.firstWave.add(result.duration_ms);
    // Pauses between attempts are no time of the server.
    if (result.attempts === 1 + furtherQuestions) this.serverTime.add(result.duration_ms, queueMs);
    if (result.prompt_tokens === null || result.completion_tokens === null) this.uncounted += 1;
  }

  private addFailure(result: ReviewResult): void {
    const code = result.error_code ?? '';
    const message = result.error ?? '';
    const known = this.failures.get(`${code} ${message}`);
    if (known) {
      known.count += 1;
      return;
    }
    const merged = this.failures.size >= messageLimit;
    const key = merged ? code : `${code} ${message}`;
    const entry = this.failures.get(key) ?? { message: merged ? 'other messages' : message, code, count: 0 };
    this.failures.set(key, { ...entry, count: entry.count + 1 });
  }

  private compare(review: Review, result: ReviewResult): void {
    if (!this.facts.labelled || result.status === 'cancelled') return;
    if (!review.expected) this.unlabelled += 1;
    else if (result.sentiment === null) this.labelledFailures += 1;
    else this.agreement.add(review.expected, result.sentiment);
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

  private errors(): readonly FailureCount[] {
    return [...this.failures.values()].sort((a, b) => b.count - a.count);
  }

  private costWarnings(): readonly string[] {
    if (!this.facts.price || this.uncounted === 0) return [];
    return [`the cost is not known: the server did not count the tokens of ${this.uncounted} answers`];
  }

  private labelWarnings(): readonly string[] {
    const warnings: string[] = [];
    const { outside } = this.agreement;
    if (outside.size > 0) {
      const list = [...outside].map(([label, count]) => `'${label}' (${count})`).join(', ');
      warnings.push(`accuracy leaves out rows whose label is none of the labels: ${list}; --map translates labels`);
    }
    if (this.unlabelled > 0) warnings.push(`accuracy leaves out ${this.unlabelled} rows without a label`);
    if (this.labelledFailures > 0) warnings.push(`accuracy leaves out ${this.labelledFailures} failed reviews`);
    return warnings;
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
