import type { ChoraleError } from '../../foundation/errors/chorale-error.js';
import { isAuth, passingError } from '../http/http-errors.js';
import type { ModelRequest } from '../model.js';
import { ModelAuthError, ModelRejectedError, PromptTooLongError } from '../model-errors.js';
import { isAboutSchema, mentions, type Refusal } from './dialect.js';

/** Who refused. */
export interface Refuser {
  readonly url: string;
  /** What to do about credentials. */
  readonly authAdvice: string;
  /** Milliseconds since the epoch. */
  readonly wallTime: number;
}

/** Gateways refuse single texts with 403, too: the key is right then. */
const ofTheText = /moderation|flagged|content[ _-]?(?:policy|filter)|safety/i;

const advice = {
  quota: 'the account has no credit left: check its plan and billing',
  schema:
    'this server, or this model, does not hold answers to a JSON schema: take a prompt whose output.format is label ' +
    'or text, such as sentiment-completion or sentiment-free',
  completion: 'it does not complete texts: take a chat prompt, such as sentiment',
  temperature: 'set config.temperature in the prompt file to a value that the model takes',
  stop: 'leave config.stopSequences out of the prompt file',
};

/** The failure that a refusal means, with what to do. That a model is missing is for the caller to tell. */
export function explainRefusal(
  response: Response,
  refusal: Refusal,
  request: ModelRequest | undefined,
  refuser: Refuser,
): ChoraleError {
  const { status, problem, code } = refusal;
  if (status === 403 && ofTheText.test(`${code} ${problem}`)) return new ModelRejectedError(status, problem);
  if (isAuth(status)) return new ModelAuthError(refuser.url, status, problem, refuser.authAdvice);
  if (status === 429 && (code === 'insufficient_quota' || /exceeded your current quota/i.test(problem))) {
    return new ModelRejectedError(status, problem, advice.quota);
  }
  const passing = passingError(response, problem, refuser.wallTime);
  if (passing) return passing;
  if (isTooLong(refusal)) return new PromptTooLongError(contextIn(problem), problem, 'give the model a longer context');
  return new ModelRejectedError(status, problem, request && adviceOn(refusal, request));
}

/** Whether a refusal is that of a model which is not there. */
export function isMissingModel({ status, problem, code }: Refusal): boolean {
  return code === 'model_not_found' || (status === 404 && /model/i.test(problem) && !wantsChat(problem));
}

function adviceOn(refusal: Refusal, request: ModelRequest): string | undefined {
  if (request.input.kind === 'completion' && (refusal.status === 404 || wantsChat(refusal.problem))) {
    return advice.completion;
  }
  if (request.schema && isAboutSchema(refusal)) return advice.schema;
  if (mentions(refusal, 'temperature')) return advice.temperature;
  if (request.options.stopSequences.length > 0 && mentions(refusal, 'stop')) return advice.stop;
  return undefined;
}

function wantsChat(problem: string): boolean {
  return /chat model|chat\/completions/i.test(problem);
}

function isTooLong({ status, problem, code }: Refusal): boolean {
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return (
    code === 'context_length_exceeded' ||
    /(maximum|available) (context|model) (length|size)|exceeds? the (maximum |available )?context|context the overflows/i.test(
      problem,
    )
  );
}

/** The length that a server says its context has, in tokens; null where it says none. */
function contextIn(problem: string): number | null {
  const length = /(?:context|model) (?:length|size)(?: is| of)?(?: only)? (\d+)/i.exec(problem)?.[1];
  return length === undefined ? null : Number(length);
}
