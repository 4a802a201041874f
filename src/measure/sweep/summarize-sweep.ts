import type { ErrorCode } from '../../foundation/errors/chorale-error.js';
import { geometricMean, type MeanInterval } from '../../foundation/statistics/mean-interval.js';
import { type Interval, wilsonInterval } from '../../foundation/statistics/proportions.js';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import { fitScalabilityLaw, type ScalabilityLaw } from '../../foundation/statistics/scalability-law.js';
import { countedRequests, latencyOf } from './measure-level.js';
import type { LevelEnd } from './run-level.js';
import type { MeasuredLevel } from './run-sweep.js';

/** Quantiles in milliseconds, within 1 %. */
export interface TimeQuantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
}

/** How far the labels agree with those of one worker. */
export interface LevelAgreement {
  readonly same: number;
  readonly compared: number;
  readonly interval: Interval;
}

/** A level over all its repeats. Null: not known. */
export interface SweptLevel {
  readonly workers: number;
  readonly repeats: number;
  /** Answers per second. */
  readonly perSecond: MeanInterval | null;
  /** Throughput ÷ that of one worker in the same repeat. */
  readonly speedup: MeanInterval | null;
  readonly promptTokensPerSecond: number | null;
  readonly completionTokensPerSecond: number | null;
  readonly answered: number;
  readonly failed: number;
  readonly failures: ReadonlyMap<ErrorCode, number>;
  readonly latency: TimeQuantiles | null;
  readonly firstToken: TimeQuantiles | null;
  /** Between two tokens of an answer, on average over the answer. */
  readonly interToken: TimeQuantiles | null;
  /** Outside loading and evaluation, as the server reports it. */
  readonly queue: TimeQuantiles | null;
  readonly agreement: LevelAgreement | null;
  readonly inFlight: number | null;
  readonly steadyInFlight: number | null;
  readonly clientShare: number | null;
  readonly clientCpu: number | null;
  /** Of a request without waiting, the share before the first token. */
  readonly prefillShare: number | null;
  readonly endedBy: readonly LevelEnd[];
}

export interface SweepSummary {
  /** Upwards. */
  readonly levels: readonly SweptLevel[];
  /** The fewest workers whose throughput is within 5 % of the best; null without answers. */
  readonly recommended: number | null;
  /** Undefined where it does not fit within 5 % at every level. */
  readonly law: ScalabilityLaw | undefined;
  /** Rows had to come again, with a number in front. */
  readonly isRepeating: boolean;
}

/** How far below the best throughput the recommended level may be, and how well the law must fit. */
const tolerance = 0.05;

export function summarizeSweep(measured: readonly MeasuredLevel[]): SweepSummary {
  const base = new Map(measured.filter(({ run }) => run.workers === 1).map((level) => [level.repeat, level]));
  const workers = [...new Set(measured.map(({ run }) => run.workers))].sort((a, b) => a - b);
  const levels = workers.map((count) =>
    summarizeLevel(
      count,
      measured.filter(({ run }) => run.workers === count),
      base,
    ),
  );
  const rates = levels.flatMap(({ workers, perSecond }) =>
    perSecond ? [{ workers, perSecond: perSecond.value }] : [],
  );
  const best = Math.max(0, ...rates.map(({ perSecond }) => perSecond));
  const law = fitScalabilityLaw(rates);
  return {
    levels,
    recommended: rates.find(({ perSecond }) => perSecond >= (1 - tolerance) * best)?.workers ?? null,
    law: law && law.worstError <= tolerance ? law : undefined,
    isRepeating: measured.some(({ isRepeating }) => isRepeating),
  };
}

function summarizeLevel(
  workers: number,
  repeats: readonly MeasuredLevel[],
  base: ReadonlyMap<number, MeasuredLevel>,
): SweptLevel {
  const measures = repeats.map(({ measure }) => measure);
  const ratios = repeats.flatMap(({ repeat, measure }) => {
    const one = base.get(repeat)?.measure.perSecond;
    return one && measure.perSecond ? [measure.perSecond / one] : [];
  });
  const mean = (of: (measure: MeasuredLevel['measure']) => number | null) => meanOf(measures.map(of));
  const times = timesOf(repeats);
  const failures = new Map<ErrorCode, number>();
  for (const measure of measures) {
    for (const [code, count] of measure.failures) failures.set(code, (failures.get(code) ?? 0) + count);
  }
  return {
    workers,
    repeats: repeats.length,
    perSecond: positiveMean(measures.map(({ perSecond }) => perSecond)),
    speedup: positiveMean(ratios),
    promptTokensPerSecond: mean(({ promptTokensPerSecond }) => promptTokensPerSecond),
    completionTokensPerSecond: mean(({ completionTokensPerSecond }) => completionTokensPerSecond),
    answered: measures.reduce((sum, { answered }) => sum + answered, 0),
    failed: measures.reduce((sum, { failed }) => sum + failed, 0),
    failures,
    latency: quantilesOf(times.latency),
    firstToken: quantilesOf(times.firstToken),
    interToken: quantilesOf(times.interToken),
    queue: quantilesOf(times.queue),
    agreement: agreementOf(repeats, base),
    inFlight: mean(({ inFlight }) => inFlight),
    steadyInFlight: mean(({ steadyInFlight }) => steadyInFlight),
    clientShare: mean(({ clientShare }) => clientShare),
    clientCpu: mean(({ clientCpu }) => clientCpu),
    prefillShare: times.workMs > 0 ? times.prefillMs / times.workMs : null,
    endedBy: [...new Set(measures.map(({ endedBy }) => endedBy))],
  };
}

/** Over the repeats that had answers. */
function positiveMean(values: readonly (number | null)[]): MeanInterval | null {
  const positive = values.filter((value) => value !== null).filter((value) => value > 0);
  return positive.length > 0 ? geometricMean(positive) : null;
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function timesOf(repeats: readonly MeasuredLevel[]) {
  const [latency, firstToken, interToken, queue] = Array.from({ length: 4 }, () => new QuantileSketch());
  let prefillMs = 0;
  let workMs = 0;
  for (const { run } of repeats) {
    for (const request of countedRequests(run)) {
      if (!request.answer) continue;
      latency?.add(latencyOf(request));
      const { durations, usage } = request.answer;
      const { firstTokenMs, queueMs, totalMs, loadMs } = durations;
      if (queueMs !== null) queue?.add(queueMs);
      if (firstTokenMs === null) continue;
      firstToken?.add(firstTokenMs);
      const written = usage.completionTokens ?? 0;
      if (written > 1) interToken?.add((totalMs - firstTokenMs) / (written - 1));
      const waitedMs = (queueMs ?? 0) + (loadMs ?? 0);
      prefillMs += Math.max(0, firstTokenMs - waitedMs);
      workMs += Math.max(0, totalMs - waitedMs);
    }
  }
  return { latency, firstToken, interToken, queue, prefillMs, workMs };
}

function quantilesOf(sketch: QuantileSketch | undefined): TimeQuantiles | null {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => sketch?.quantile(share) ?? null);
  const mean = sketch?.mean ?? null;
  return p50 == null || p95 == null || p99 == null || mean === null ? null : { p50, p95, p99, mean };
}

function agreementOf(
  repeats: readonly MeasuredLevel[],
  base: ReadonlyMap<number, MeasuredLevel>,
): LevelAgreement | null {
  const pairs = repeats.flatMap(({ repeat, labels }) => {
    const one = base.get(repeat)?.labels ?? [];
    return labels.map((label, index) => [label, one[index] ?? null] as const);
  });
  const answered = pairs.filter(([label, one]) => label !== null && one !== null);
  if (answered.length === 0) return null;
  const same = answered.filter(([label, one]) => label === one).length;
  return { same, compared: answered.length, interval: wilsonInterval(same, answered.length) };
}
