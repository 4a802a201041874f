import { sleep, untilAborted } from '../foundation/abort.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import type { Model, ModelAnswer, ModelInfo, ModelRequest } from '../model/model.js';
import { ModelRejectedError } from '../model/model-errors.js';

/** An answer of a script; a missing field is null, and the finish reason `stop`. */
export interface ScriptedAnswer extends Partial<ModelAnswer> {
  /** Thrown in place of the answer. */
  readonly error?: unknown;
  /** Passes before the answer comes, on the model's clock, in milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** The answer waits for it. */
  readonly gate?: PromiseLike<unknown>;
}

/** The answer to one request: a text, an error to throw, or an answer in detail. */
export type ScriptStep = string | Error | ScriptedAnswer;

/** The answers: a list in request order, or a function of the request and its 0-based `index`. */
export type Script = readonly ScriptStep[] | ((request: ModelRequest, index: number) => ScriptStep);

/** Options of `createScriptedModel`. */
export interface ScriptedModelOptions {
  /** @default scripted */
  readonly provider?: string;
  /** @default script */
  readonly name?: string;
  /** @default null */
  readonly caveat?: string | null;
  /** Called by `prepare`; what it throws, `prepare` throws. @default nothing */
  readonly onPrepare?: (sample: ModelRequest) => void;
  /** Clock of the latencies and durations. @default the machine that Node runs on */
  readonly clock?: Runtime;
}

/** A model that answers from a script and records its requests. */
export interface ScriptedModel extends Model {
  /** The requests so far, in order, without those whose signal was already aborted. */
  readonly requests: readonly ModelRequest[];
  /** The number of requests without an answer so far. */
  readonly inFlight: number;
}

/**
 * Makes a model for tests: no server, no randomness, and no wait unless the script says so.
 *
 * @example
 * const model = createScriptedModel(['positive', new ModelBusyError(503, 'loading', null), 'negative']);
 */
export function createScriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  const { provider = 'scripted', name = 'script', caveat = null, clock = nodeRuntime, onPrepare } = options;
  const requests: ModelRequest[] = [];
  let inFlight = 0;

  async function answer(request: ModelRequest, index: number, signal: AbortSignal): Promise<ModelAnswer> {
    const startedAt = clock.now();
    const { error, latencyMs = 0, gate, ...given } = detailed(nextStep(script, request, index));
    if (gate) await gate;
    if (latencyMs > 0) await sleep(clock, latencyMs, signal);
    if (error !== undefined) throw error;
    return {
      text: '',
      finishReason: 'stop',
      usage: { promptTokens: null, completionTokens: null },
      durations: { totalMs: clock.now() - startedAt, firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
      ...given,
    };
  }

  return {
    provider,
    name,
    caveat,
    requests,
    get inFlight() {
      return inFlight;
    },
    async prepare(sample, { signal }): Promise<ModelInfo> {
      signal.throwIfAborted();
      onPrepare?.(sample);
      return { serverVersion: null, loadMs: null };
    },
    async ask(request, { signal }) {
      signal.throwIfAborted();
      const index = requests.push(request) - 1;
      inFlight += 1;
      try {
        return await untilAborted(answer(request, index, signal), signal);
      } finally {
        inFlight -= 1;
      }
    },
    async close() {},
  };
}

function nextStep(script: Script, request: ModelRequest, index: number): ScriptStep {
  if (typeof script === 'function') return script(request, index);
  return script[index] ?? new ModelRejectedError(400, `the script has ${script.length} answers, and this is one more`);
}

function detailed(step: ScriptStep): ScriptedAnswer {
  if (typeof step === 'string') return { text: step };
  return step instanceof Error ? { error: step } : step;
}
