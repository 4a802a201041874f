import type { ChoraleError } from '../../foundation/errors/chorale-error.js';
import type { Connections } from '../http/connections.js';
import type { HttpResponse } from '../http/http-response.js';
import { errorOfStatus } from '../http/status-errors.js';
import type { ModelRequest } from '../model.js';
import { ModelRejectedError, PromptTooLongError } from '../model-errors.js';
import { type ApiRejection, isAboutSchema, mentions } from './dialect.js';

/** Gateways reject single texts with 403, too: the key is right then. */
const ofTheText = /moderation|flagged|content[ _-]?(?:policy|filter)|safety/i;

const remedies = {
  quota: 'the account has no credit left: check its plan and billing',
  schema:
    'this server, or this model, does not hold answers to a JSON schema: take a prompt whose output.format is label ' +
    'or text, such as sentiment-completion or sentiment-free',
  completion: 'it does not complete texts: take a chat prompt, such as sentiment',
  temperature: 'set config.temperature in the prompt file to a value that the model takes',
  stop: 'leave config.stopSequences out of the prompt file',
};

/** The failure that a rejection means, with what to do. A missing model is for the caller to report. */
export function errorOfRejection(
  response: HttpResponse,
  rejection: ApiRejection,
  request: ModelRequest | undefined,
  connections: Connections,
  wallTime: number,
): ChoraleError {
  const { status, problem, code } = rejection;
  if (status === 403 && ofTheText.test(`${code} ${problem}`)) return new ModelRejectedError(status, problem);
  if (status === 429 && (code === 'insufficient_quota' || /exceeded your current quota/i.test(problem))) {
    return new ModelRejectedError(status, problem, remedies.quota);
  }
  if (isTooLong(rejection))
    return new PromptTooLongError(contextIn(problem), problem, 'give the model a longer context');
  return errorOfStatus(response, problem, connections, wallTime, request && remedyOf(rejection, request));
}

/** Whether a rejection is that of a model which is not there. */
export function isMissingModel({ status, problem, code }: ApiRejection): boolean {
  return code === 'model_not_found' || (status === 404 && /model/i.test(problem) && !wantsChat(problem));
}

function remedyOf(rejection: ApiRejection, request: ModelRequest): string | undefined {
  if (request.input.kind === 'completion' && (rejection.status === 404 || wantsChat(rejection.problem))) {
    return remedies.completion;
  }
  if (request.schema && isAboutSchema(rejection)) return remedies.schema;
  if (mentions(rejection, 'temperature')) return remedies.temperature;
  if (request.options.stopSequences.length > 0 && mentions(rejection, 'stop')) return remedies.stop;
  return undefined;
}

function wantsChat(problem: string): boolean {
  return /chat model|chat\/completions/i.test(problem);
}

function isTooLong({ status, problem, code }: ApiRejection): boolean {
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return (
    code === 'context_length_exceeded' ||
    /(maximum|available) (context|model) (length|size)|exceeds? the (maximum |available )?context|context the overflows/i.test(
      problem,
    )
  );
}

/** The length that a server says its context has, in tokens; null if it says none. */
function contextIn(problem: string): number | null {
  const length = /(?:context|model) (?:length|size)(?: is| of)?(?: only)? (\d+)/i.exec(problem)?.[1];
  return length === undefined ? null : Number(length);
}
