import { BriefAbortController, onAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { OptionNames } from '../../foundation/known-options.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { ModelCall } from '../model.js';
import { ModelSilentError, ModelTimeoutError } from '../model-errors.js';
import type { Fetch } from './connections.js';

/** Options of every model behind HTTP. */
export interface HttpModelOptions {
  /**
   * Longest wait for the first token, in milliseconds, the server's queue included. @default none: the time of a text
   * is the limit
   */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Longest pause within an answer that has begun, in milliseconds. @default what the caller of `ask` says */
  readonly idleTimeoutMs?: number | undefined;
  /** Longest time for one attempt, in milliseconds. @default none */
  readonly totalTimeoutMs?: number | undefined;
  /** Sends the requests. @default undici's connections, without limits of time of their own */
  readonly fetch?: Fetch | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
}

export const httpOptions: OptionNames<HttpModelOptions> = {
  firstTokenTimeoutMs: true,
  idleTimeoutMs: true,
  totalTimeoutMs: true,
  fetch: true,
  clock: true,
};

/** How long one attempt may take, in milliseconds; Infinity for no limit. */
export interface AttemptLimits {
  readonly firstTokenTimeoutMs: number;
  /** Undefined: what the caller of `ask` says. */
  readonly idleTimeoutMs: number | undefined;
  readonly totalTimeoutMs: number;
}

/** What the work of one attempt gets. */
export interface HttpAttempt {
  /** Aborted by the caller, by any limit, and when the work fails. */
  readonly signal: AbortSignal;
  /** To be called when the answer begins, and with each further piece of it. */
  readonly heard: () => void;
  /** Milliseconds since the attempt began. */
  readonly elapsedMs: () => number;
}

/**
 * The limits with their defaults.
 * @throws InvalidOptionError when a limit is not a positive number, or the model has no name
 */
export function completeLimits(given: HttpModelOptions & { readonly model?: string | undefined }): AttemptLimits {
  const { model, firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs } = given;
  if (model?.trim() === '') throw new InvalidOptionError('model', 'the name of a model', model);
  for (const [name, limit] of Object.entries({ firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs })) {
    if (limit !== undefined && !(limit > 0)) throw new InvalidOptionError(name, 'above 0 (milliseconds)', limit);
  }
  return {
    firstTokenTimeoutMs: firstTokenTimeoutMs ?? Number.POSITIVE_INFINITY,
    idleTimeoutMs,
    totalTimeoutMs: totalTimeoutMs ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * Asks once, within limits. However it ends, no request stays open: the server stops working on it.
 * @throws the signal's reason, ModelSilentError, ModelTimeoutError, or what the work throws
 */
export async function attemptWithin<T>(
  limits: AttemptLimits,
  clock: Runtime,
  call: Pick<ModelCall, 'signal' | 'idleTimeoutMs' | 'onPiece'>,
  work: (attempt: HttpAttempt) => Promise<T>,
): Promise<T> {
  const { firstTokenTimeoutMs, totalTimeoutMs } = limits;
  const idleMs = limits.idleTimeoutMs ?? call.idleTimeoutMs ?? Number.POSITIVE_INFINITY;
  // Few listen to it: a limit on their number need not be lifted, as linkAbort does.
  const total = new BriefAbortController();
  const unfollow = onAbort(call.signal, (reason) => total.abort(reason));
  const within = (limitMs: number, reason: () => unknown) =>
    Number.isFinite(limitMs) ? clock.setTimer(limitMs, () => total.abort(reason())) : undefined;
  const stopTotal = within(totalTimeoutMs, () => new ModelTimeoutError(totalTimeoutMs));
  const stopFirst = within(firstTokenTimeoutMs, () => new ModelSilentError(firstTokenTimeoutMs));
  const idle = new IdleLimit(clock, idleMs, () => total.abort(new ModelSilentError(idleMs, 'further')));
  const startedAt = clock.now();
  const heard = () => {
    stopFirst?.();
    idle.heard();
    call.onPiece?.();
  };
  try {
    return await work({ signal: total.signal, heard, elapsedMs: () => clock.now() - startedAt });
  } catch (error) {
    total.signal.throwIfAborted();
    // Lets an unread response go.
    total.abort(error);
    throw error;
  } finally {
    idle.end();
    stopFirst?.();
    stopTotal?.();
    unfollow();
  }
}

/** Notices that pieces have stopped to come. One timer for all of them: a timer for each token would cost too much. */
class IdleLimit {
  private heardAt = 0;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Runtime,
    private readonly limitMs: number,
    private readonly onStall: () => void,
  ) {}

  heard(): void {
    this.heardAt = this.clock.now();
    if (!this.cancel && Number.isFinite(this.limitMs)) this.arm(this.limitMs);
  }

  end(): void {
    this.cancel?.();
  }

  private arm(delayMs: number): void {
    this.cancel = this.clock.setTimer(delayMs, () => {
      const restMs = this.heardAt + this.limitMs - this.clock.now();
      // A timer may fire a little before its time.
      if (restMs < 1) this.onStall();
      else this.arm(restMs);
    });
  }
}
