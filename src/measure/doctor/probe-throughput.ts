import type { Agent } from '../../classify/agent.js';
import { deadline } from '../../foundation/abort.js';
import { codeOf, type ErrorCode } from '../../foundation/errors/chorale-error.js';
import { RunTimeoutError } from '../../foundation/errors/common-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { streamParallel } from '../../orchestration/parallel/stream-parallel.js';

/** What a short run gave. */
export interface Throughput {
  readonly workers: number;
  readonly answered: number;
  readonly failed: number;
  /** Failures by code. */
  readonly failures: ReadonlyMap<ErrorCode, number>;
  readonly durationMs: number;
  /** Answered per second, after a first wave of one per worker that is not counted; null where nothing was. */
  readonly perSecond: number | null;
  /** Means over the answers; null where the server does not count. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Share of the answers with a confidence, 0 to 1. */
  readonly withConfidence: number;
}

/**
 * Asks about texts, again and again, until the time is over.
 * @param texts the texts of a data set, or some that are like it
 */
export async function probeThroughput(
  agent: Agent,
  texts: readonly string[],
  options: {
    readonly workers: number;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    readonly runtime?: Runtime;
  },
): Promise<Throughput> {
  const { workers, limitMs, signal, runtime = nodeRuntime } = options;
  const failures = new Map<ErrorCode, number>();
  const sums = { answered: 0, counted: 0, prompt: 0, completion: 0, confident: 0, tokens: 0 };
  const limit = deadline(runtime, limitMs, () => new RunTimeoutError(limitMs), signal);
  const startedAt = runtime.now();
  let countedFrom = startedAt;
  let countedTo = startedAt;
  try {
    const stream = streamParallel(endless(texts), (text, { signal: stop }) => agent.classify(text, { signal: stop }), {
      concurrency: workers,
      signal: limit.signal,
      runtime,
    });
    for await (const outcome of stream) {
      if (outcome.status === 'cancelled') continue;
      if (outcome.status === 'failed') {
        const code = codeOf(outcome.error);
        failures.set(code, (failures.get(code) ?? 0) + 1);
        continue;
      }
      sums.answered += 1;
      if (sums.answered <= workers) countedFrom = runtime.now();
      else sums.counted += 1;
      countedTo = runtime.now();
      const { usage, confidence } = outcome.value;
      if (confidence !== null) sums.confident += 1;
      if (usage.promptTokens === null) continue;
      sums.tokens += 1;
      sums.prompt += usage.promptTokens;
      sums.completion += usage.completionTokens ?? 0;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RunTimeoutError)) throw error;
  } finally {
    limit.release();
  }
  const countedMs = countedTo - countedFrom;
  const mean = (sum: number, count: number) => (count > 0 ? sum / count : null);
  return {
    workers,
    answered: sums.answered,
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
    failures,
    durationMs: runtime.now() - startedAt,
    perSecond: sums.counted > 0 && countedMs > 0 ? (sums.counted / countedMs) * 1_000 : null,
    promptTokens: mean(sums.prompt, sums.tokens),
    completionTokens: mean(sums.completion, sums.tokens),
    withConfidence: mean(sums.confident, sums.answered) ?? 0,
  };
}

/** The texts, over and over; what comes again is marked, so that it is no repetition to a cache of whole prompts. */
function* endless(texts: readonly string[]): Generator<string, void> {
  if (texts.length === 0) return;
  for (let round = 1; ; round += 1) for (const text of texts) yield round === 1 ? text : `${text} (${round})`;
}
