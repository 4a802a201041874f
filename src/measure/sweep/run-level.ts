import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { codeOf, type ErrorCode } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { ModelDurations, ModelUsage } from '../../model/model.js';
import { processParallel } from '../../orchestration/parallel/process-parallel.js';
import type { LevelRow, LevelRows } from './level-rows.js';

/** What a request came to. */
export interface AskedAnswer {
  readonly label: string | null;
  readonly durations: ModelDurations;
  readonly usage: ModelUsage;
}

/** Asks the model about a row, without another attempt. */
export type AskOnce = (input: PromptInput, signal: AbortSignal) => Promise<AskedAnswer>;

/** One request; times in milliseconds of the same clock. */
export interface SweepRequest extends LevelRow {
  /** When its worker was free to send it. */
  readonly from: number;
  /** When the answer, or the failure, was there. */
  readonly to: number;
  /** Null if it failed. */
  readonly answer: AskedAnswer | null;
  readonly failure: ErrorCode | null;
}

/** Why a level ended. */
export type LevelEnd = 'time' | 'requests' | 'failures';

/** The requests of a level, and the time in which they count. */
export interface LevelRun {
  readonly workers: number;
  /** From when each worker has its first answer, or failure, to the end of sending. */
  readonly from: number;
  readonly to: number;
  /** All requests, those that warm up included, in the order of their ends. */
  readonly requests: readonly SweepRequest[];
  readonly endedBy: LevelEnd;
  /** Processor time of this process between `from` and `to`, in milliseconds; null if it is not known. */
  readonly cpuMs: number | null;
}

export interface LevelOptions {
  readonly ask: AskOnce;
  readonly rows: LevelRows;
  readonly workers: number;
  /** Longest time of sending after the warm-up, in milliseconds. */
  readonly durationMs: number;
  /** Requests after the warm-up; undefined: as many as the time allows. */
  readonly requests?: number | undefined;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  /** Processor time of this process so far, in milliseconds. */
  readonly cpuMs?: (() => number) | undefined;
}

/** A level ends when so many requests have failed, and they are at least this share of all. */
const mostFailures = { count: 10, share: 0.5 };

/**
 * Keeps a number of requests in flight: each worker sends its next request as soon as it has its answer. The first
 * request of each worker warms up. What is in flight at the end is waited for, and counts with the share of its time
 * that lies before the end.
 * @throws the signal's reason
 */
export async function runLevel(options: LevelOptions): Promise<LevelRun> {
  const { ask, rows, workers, durationMs, signal, runtime, cpuMs } = options;
  const most = options.requests ?? Number.POSITIVE_INFINITY;
  const requests: SweepRequest[] = [];
  let warm = 0;
  let sent = 0;
  let failed = 0;
  let window: { readonly from: number; readonly cpu: number | undefined } | undefined;
  let ended: { readonly at: number; readonly by: LevelEnd; readonly cpu: number | undefined } | undefined;
  const end = (by: LevelEnd) => {
    ended ??= { at: runtime.now(), by, cpu: cpuMs?.() };
  };
  const timeIsUp = () => end('time');
  let cancelTimer: (() => void) | undefined;

  const askOnce = async (): Promise<void> => {
    const taken = rows.take();
    const from = runtime.now();
    let answer: AskedAnswer | null = null;
    let failure: ErrorCode | null = null;
    try {
      answer = await ask(taken.input, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = codeOf(error);
      failed += 1;
    }
    requests.push({ ...taken, from, to: runtime.now(), answer, failure });
    if (failed >= mostFailures.count && failed >= mostFailures.share * requests.length) end('failures');
  };

  const work = async (): Promise<void> => {
    await askOnce();
    warm += 1;
    if (warm === workers) {
      window = { from: runtime.now(), cpu: cpuMs?.() };
      cancelTimer = runtime.setTimer(durationMs, timeIsUp);
    }
    while (ended === undefined) {
      if (window) {
        if (sent >= most) return end('requests');
        sent += 1;
      }
      await askOnce();
    }
  };

  try {
    const numbers = Array.from({ length: workers }, (_, number) => number);
    await inParallel(numbers, work, options);
  } finally {
    cancelTimer?.();
  }
  const last = runtime.now();
  const from = window?.from ?? last;
  const to = Math.max(from, ended?.at ?? last);
  const cpu = window?.cpu === undefined || ended?.cpu === undefined ? null : ended.cpu - window.cpu;
  return { workers, from, to, requests, endedBy: ended?.by ?? 'failures', cpuMs: cpu };
}

/** @throws the signal's reason */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  { workers, signal, runtime }: Pick<LevelOptions, 'workers' | 'signal' | 'runtime'>,
): Promise<readonly R[]> {
  try {
    return (await processParallel(items, work, { concurrency: workers, signal, runtime })).results;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
