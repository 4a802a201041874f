import type { ErrorCode } from '../../foundation/errors/chorale-error.js';
import type { LevelRun, SweepRequest } from './run-level.js';

/** What one repeat of a level measured. */
export interface LevelMeasure {
  readonly workers: number;
  /** Length of the time in which requests count, in milliseconds. */
  readonly durationMs: number;
  /** Answers per second; null without a time. */
  readonly perSecond: number | null;
  /** Tokens per second; null if the server does not count them. */
  readonly promptTokensPerSecond: number | null;
  readonly completionTokensPerSecond: number | null;
  /** Answered requests that count: those that ended after the warm-up. */
  readonly answered: number;
  readonly failed: number;
  readonly failures: ReadonlyMap<ErrorCode, number>;
  /** Mean number of requests that were sent and not yet answered; null if none was answered. */
  readonly inFlight: number | null;
  /**
   * Ends per second × mean latency of those: the number in flight of a steady load, by Little's law (J. D. C. Little,
   * 1961). Where it is far from the number of workers, the load was not steady. Null if no request ended.
   */
  readonly steadyInFlight: number | null;
  /** Share of the workers' time that did not pass between sending a request and its answer; null without answers. */
  readonly clientShare: number | null;
  /** Processor time of this process for each millisecond; null if it is not known. */
  readonly clientCpu: number | null;
  readonly endedBy: LevelRun['endedBy'];
}

/**
 * What a run of a level measured. A request counts with the share of its time that lies in the run's time: a count of
 * ends alone would depend on where the time begins and ends within a wave of answers.
 */
export function measureLevel(run: LevelRun): LevelMeasure {
  const { workers, from, to, requests, endedBy, cpuMs } = run;
  const durationMs = to - from;
  const counted = countedRequests(run);
  const answers = counted.filter(({ answer }) => answer !== null);
  const rate = (amount: number | null) => (amount === null || durationMs <= 0 ? null : (1_000 * amount) / durationMs);
  const amount = (of: (request: SweepRequest) => number | null) =>
    answers.reduce<number | null>((sum, request) => {
      const each = of(request);
      return sum === null || each === null ? null : sum + each * shareInside(request, from, to);
    }, 0);
  const sentMs = requests.reduce((sum, request) => sum + overlap(asSent(request), from, to), 0);
  const perSecond = answers.length === 0 ? (durationMs > 0 ? 0 : null) : rate(amount(() => 1));
  const failures = new Map<ErrorCode, number>();
  for (const { failure } of counted) if (failure) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  const ended = counted.filter((request) => request.to <= to);
  const endedMs = ended.reduce((sum, request) => sum + latencyOf(request), 0);
  return {
    workers,
    durationMs,
    perSecond,
    promptTokensPerSecond: rate(amount(({ answer }) => answer?.usage.promptTokens ?? null)),
    completionTokensPerSecond: rate(amount(({ answer }) => answer?.usage.completionTokens ?? null)),
    answered: answers.length,
    failed: counted.length - answers.length,
    failures,
    inFlight: durationMs > 0 && answers.length > 0 ? sentMs / durationMs : null,
    steadyInFlight: durationMs > 0 && ended.length > 0 ? endedMs / durationMs : null,
    clientShare: clientShareOf(answers),
    clientCpu: cpuMs === null || durationMs <= 0 ? null : cpuMs / durationMs,
    endedBy,
  };
}

/** The requests that ended after the warm-up; all where it did not come to an end. */
export function countedRequests({ from, to, requests }: LevelRun): readonly SweepRequest[] {
  return to > from ? requests.filter((request) => request.to > from) : requests;
}

/** From when its worker was free to send it to its answer, in milliseconds. */
export function latencyOf({ from, to }: SweepRequest): number {
  return to - from;
}

/** The time from sending it; of a failed one that is not known apart. */
function asSent({ from, to, answer }: SweepRequest): Span {
  return { from: answer ? Math.max(from, to - answer.durations.totalMs) : from, to };
}

type Span = Pick<SweepRequest, 'from' | 'to'>;

function overlap(request: Span, from: number, to: number): number {
  return Math.max(0, Math.min(request.to, to) - Math.max(request.from, from));
}

function shareInside(request: SweepRequest, from: number, to: number): number {
  const latencyMs = latencyOf(request);
  return latencyMs > 0 ? overlap(request, from, to) / latencyMs : request.to > from && request.to <= to ? 1 : 0;
}

function clientShareOf(answers: readonly SweepRequest[]): number | null {
  const totalMs = answers.reduce((sum, request) => sum + latencyOf(request), 0);
  const serverMs = answers.reduce((sum, { answer }) => sum + (answer?.durations.totalMs ?? 0), 0);
  return totalMs > 0 ? Math.max(0, 1 - serverMs / totalMs) : null;
}
