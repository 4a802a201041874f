import { messageOf } from '../../foundation/errors/chorale-error.js';
import type { ModelAnswer, ModelRequest } from '../model.js';
import { ModelCutOffError, ModelFailedError, ModelRejectedError, ModelResponseError } from '../model-errors.js';

/** Words of servers that break on probabilities: they cannot write an infinite logarithm as JSON, for one. */
const namesThem = /json compliant|out of range float|log_?prob|\bnan\b|\binf(?:inity)?\b/i;

/** Statuses of refusals that may be about a parameter. */
const aboutParameters: ReadonlySet<number> = new Set([400, 422]);

/** After so many requests in a row that fail with probabilities and succeed without, none are requested any more. */
const enough = 3;

/** Requests that fail with them and without, after which it is not their doing. */
const exonerating = 2;

/**
 * Requests token probabilities as long as a server bears it. One that fails when they are requested, and answers without
 * them, is asked without; one that fails anyway is not suspected any further.
 */
export class LogprobsSwitch {
  private isOff = false;
  private worked = false;
  private failedAnyway = 0;
  private inARow = 0;
  /** Requests so far; and how many there were when the last one counted. */
  private requests = 0;
  private counted = 0;
  private answeredWithout = 0;

  /** What people should know; null when there is nothing. */
  get caveat(): string | null {
    if (this.answeredWithout === 0) return null;
    const { answeredWithout: count } = this;
    const answers = count === 1 ? '1 answer' : `${count} answers`;
    return `the server fails when token probabilities are requested: ${answers} came without them, with no confidence`;
  }

  /** Asks with probabilities, where they are wanted, or without. @param send asks once */
  async ask(request: ModelRequest, send: (request: ModelRequest) => Promise<ModelAnswer>): Promise<ModelAnswer> {
    if (request.topLogprobs === undefined) return send(request);
    if (this.isOff) {
      const answer = await send(withoutLogprobs(request));
      this.answeredWithout += 1;
      return answer;
    }
    this.requests += 1;
    const number = this.requests;
    try {
      const answer = await send(request);
      if (!isEmpty(answer) || !this.mayBreak) return this.accept(answer);
      return (await this.without(request, send, number, false)) ?? answer;
    } catch (error) {
      const isNamed = namesThem.test(messageOf(error));
      if (!mayBeTheirs(error) || !(isNamed || this.mayBreak)) throw error;
      const answer = await this.without(request, send, number, isNamed);
      if (!answer) throw error;
      return answer;
    }
  }

  private get mayBreak(): boolean {
    return !this.worked && this.failedAnyway < exonerating;
  }

  private accept(answer: ModelAnswer): ModelAnswer {
    this.worked = true;
    this.inARow = 0;
    return answer;
  }

  /** The answer without them; undefined if there is none either. */
  private async without(
    request: ModelRequest,
    send: (request: ModelRequest) => Promise<ModelAnswer>,
    number: number,
    isNamed: boolean,
  ): Promise<ModelAnswer | undefined> {
    const answer = await send(withoutLogprobs(request)).catch(() => undefined);
    if (!answer || isEmpty(answer)) {
      this.failedAnyway += 1;
      return undefined;
    }
    this.answeredWithout += 1;
    // Requests at once may all meet the same moment: a runner that crashed breaks all of them.
    if (number > this.counted) {
      this.counted = this.requests;
      this.inARow += 1;
    }
    this.isOff ||= this.inARow >= enough || (isNamed && !this.worked);
    return answer;
  }
}

function withoutLogprobs(request: ModelRequest): ModelRequest {
  return { ...request, topLogprobs: undefined };
}

function isEmpty({ text, thought, finishReason }: ModelAnswer): boolean {
  return text.trim() === '' && thought !== true && finishReason !== 'length';
}

function mayBeTheirs(error: unknown): boolean {
  if (error instanceof ModelRejectedError) return aboutParameters.has(error.status);
  return [ModelFailedError, ModelResponseError, ModelCutOffError].some((kind) => error instanceof kind);
}
