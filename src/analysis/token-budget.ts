import { codeOf, type ErrorCode, InvalidOptionError } from '../foundation/errors/chorale-error.js';
import { isNobodyThere } from '../model/http/diagnose-fetch.js';
import type { ModelRequest, ModelUsage } from '../model/model.js';
import { ModelBusyError, ModelUnavailableError } from '../model/model-errors.js';
import { BudgetError, BudgetUncountedError } from './budget-errors.js';
import type { TokenPrice } from './summary.js';

/** Limits of a run, over all of its sessions. */
export interface BudgetLimits {
  readonly maxTokens?: number | undefined;
  readonly maxCost?: number | undefined;
  readonly price?: TokenPrice | undefined;
}

/** Tokens of prompts and of answers. */
export interface SpentTokens {
  readonly prompt: number;
  readonly completion: number;
}

/** Ends a reservation. Without usage the error decides whether the request has cost something. */
export type Settle = (usage: ModelUsage | undefined, error?: unknown) => void;

/** More tokens than a chat template adds. */
const frameTokens = 128;

/** A server may count so many times the output budget: some end an answer late, or count its reasoning on top. */
const answerMargin = 2;

/** The server rejected the request before it generated anything. */
const rejections: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_REJECTED',
  'CHORALE_MODEL_AUTH',
  'CHORALE_MODEL_ADDRESS',
  'CHORALE_MODEL_MISSING',
  'CHORALE_PROMPT_TOO_LONG',
]);

/**
 * Whether a failed request certainly cost nothing. A broken connection, or a 5xx of a gateway, may come after the server
 * has begun to generate.
 */
function isFree(error: unknown): boolean {
  if (error instanceof ModelBusyError) return error.status === 429;
  if (error instanceof ModelUnavailableError) return isNobodyThere(error) || isFree(error.cause);
  return rejections.has(codeOf(error));
}

interface Waiting {
  readonly worst: SpentTokens;
  readonly admit: (settle: Settle) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Keeps a run within its limits. Each request reserves its worst case before it is sent: a token for each byte of the prompt,
 * and twice the output budget. A request that does not fit waits for those in flight, which rarely cost what they reserved; if
 * none is in flight, the run ends. The first request is alone until the server has counted it. An answer beyond its worst case
 * raises that of all later ones.
 */
export class TokenBudget {
  private readonly spent: { prompt: number; completion: number };
  private readonly reserved = { prompt: 0, completion: 0 };
  private readonly waiting: Waiting[] = [];
  private inFlight = 0;
  private isMeasured = false;
  private excess = 1;
  private ended: { readonly reason: unknown } | undefined;
  private onEnd: (reason: unknown) => void = () => {};

  /** @param before what earlier sessions of the run have spent @throws InvalidOptionError */
  constructor(
    private readonly limits: BudgetLimits,
    before: SpentTokens = { prompt: 0, completion: 0 },
  ) {
    const { maxTokens = 1, maxCost = 1, price } = limits;
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
      throw new InvalidOptionError('maxTokens', 'a whole number of at least 1', maxTokens);
    }
    if (!(maxCost > 0 && Number.isFinite(maxCost))) throw new InvalidOptionError('maxCost', 'above 0', maxCost);
    if (limits.maxCost !== undefined && !price) throw new InvalidOptionError('maxCost', 'given with a price', maxCost);
    this.spent = { ...before };
  }

  /** Called once with what ends the run. */
  listen(onEnd: (reason: unknown) => void): void {
    this.onEnd = onEnd;
  }

  /** Tokens and cost so far, under the names of the summary. */
  summary() {
    const { maxTokens, maxCost, price } = this.limits;
    const { prompt, completion } = this.spent;
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(price ? { cost: this.costOf(this.spent), currency: price.currency } : {}),
      ...(maxCost === undefined ? {} : { max_cost: maxCost }),
    };
  }

  /** Resolves when the request may be sent. @throws the signal's reason; BudgetError, BudgetUncountedError */
  reserve(request: ModelRequest, signal: AbortSignal): Promise<Settle> {
    if (this.ended) return Promise.reject(this.ended.reason);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason);
        this.admitNext();
      };
      const done = () => signal.removeEventListener('abort', leave);
      const entry: Waiting = {
        worst: worstCase(request),
        admit: (settle) => {
          done();
          resolve(settle);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
      this.admitNext();
    });
  }

  private admitNext(): void {
    for (let entry = this.waiting[0]; entry && !this.ended; entry = this.waiting[0]) {
      if (!this.isMeasured && this.inFlight > 0) return;
      const worst = times(entry.worst, this.excess);
      if (!this.fits(worst)) {
        if (this.inFlight === 0) this.end(this.reachedError(worst));
        return;
      }
      this.waiting.shift();
      this.inFlight += 1;
      add(this.reserved, worst);
      entry.admit(this.settleOnce(entry.worst, worst));
    }
  }

  private settleOnce(base: SpentTokens, worst: SpentTokens): Settle {
    let isSettled = false;
    return (usage, error) => {
      if (isSettled) return;
      isSettled = true;
      this.inFlight -= 1;
      add(this.reserved, times(worst, -1));
      const { promptTokens = null, completionTokens = null } = usage ?? {};
      if (promptTokens === null && completionTokens === null) this.chargeUncounted(worst, error);
      else {
        const counted = { prompt: promptTokens ?? worst.prompt, completion: completionTokens ?? worst.completion };
        add(this.spent, counted);
        this.isMeasured = true;
        const beyond = [counted.prompt / base.prompt, counted.completion / base.completion];
        this.excess = Math.max(this.excess, ...beyond.filter(Number.isFinite));
      }
      this.admitNext();
    };
  }

  private chargeUncounted(worst: SpentTokens, error: unknown): void {
    if (error !== undefined && isFree(error)) return;
    add(this.spent, worst);
    if (error === undefined) this.end(new BudgetUncountedError(this.names()));
  }

  private fits(worst: SpentTokens): boolean {
    const { maxTokens = Number.POSITIVE_INFINITY, maxCost = Number.POSITIVE_INFINITY } = this.limits;
    const all = { ...this.spent };
    add(all, this.reserved);
    add(all, worst);
    return all.prompt + all.completion <= maxTokens && this.costOf(all) <= maxCost;
  }

  private costOf({ prompt, completion }: SpentTokens): number {
    const { promptPerMillion = 0, completionPerMillion = 0 } = this.limits.price ?? {};
    return (prompt * promptPerMillion + completion * completionPerMillion) / 1e6;
  }

  private end(reason: unknown): void {
    if (this.ended) return;
    this.ended = { reason };
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    this.onEnd(reason);
  }

  private reachedError(worst: SpentTokens): BudgetError {
    const { maxTokens, maxCost, price } = this.limits;
    const tokens = this.spent.prompt + this.spent.completion;
    const next = Math.ceil(worst.prompt + worst.completion);
    if (maxTokens !== undefined && tokens + next > maxTokens) {
      return new BudgetError('maxTokens', `${maxTokens} tokens`, `${tokens}`, `${next}`);
    }
    const money = (amount: number) => `${amount.toPrecision(3)} ${price?.currency}`;
    const [spent, more] = [money(this.costOf(this.spent)), money(this.costOf(worst))];
    return new BudgetError('maxCost', `${maxCost} ${price?.currency}`, spent, more);
  }

  private names(): readonly ('maxTokens' | 'maxCost')[] {
    return (['maxTokens', 'maxCost'] as const).filter((name) => this.limits[name] !== undefined);
  }
}

/** The most that a request may cost. */
function worstCase({ input, options, schema }: ModelRequest): SpentTokens {
  const text = input.kind === 'completion' ? input.prompt : input.messages.map(({ content }) => content).join('\n');
  const bytes = Buffer.byteLength(text) + (schema ? Buffer.byteLength(JSON.stringify(schema)) : 0);
  return { prompt: bytes + frameTokens, completion: answerMargin * options.maxOutputTokens };
}

function times({ prompt, completion }: SpentTokens, factor: number): SpentTokens {
  return { prompt: prompt * factor, completion: completion * factor };
}

function add(sum: { prompt: number; completion: number }, { prompt, completion }: SpentTokens): void {
  sum.prompt += prompt;
  sum.completion += completion;
}
