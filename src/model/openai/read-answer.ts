import type { Attempt } from '../http/attempt.js';
import { explanationIn, type Hide } from '../http/explanation.js';
import { contentTypeOf, readText, wrongContent } from '../http/http-errors.js';
import { ModelCutOffError, ModelResponseError } from '../model-errors.js';
import { GatheredAnswer, type SentAnswer } from './gathered-answer.js';
import { isJson } from './is-json.js';
import { readEvents } from './server-sent-events.js';

const endOfStream = '[DONE]';

/**
 * Reads an answer to its end: a stream of events, or one JSON object from a server that does not stream. It is complete
 * when the model has said why it stopped; what breaks off after that is not missed.
 * @throws ModelCutOffError, ModelFailedError, ModelBusyError or ModelRejectedError (an error inside the stream),
 * ModelResponseError, AnswerInvalidError (a loop), AnswerRefusedError
 */
export async function readAnswer(response: Response, attempt: Attempt, hide: Hide): Promise<SentAnswer> {
  const answer = new GatheredAnswer(attempt.heard, attempt.elapsedMs, hide);
  const type = contentTypeOf(response);
  if (type.includes('json')) {
    answer.add(parsed(await readText(response, attempt.heard)));
    answer.end();
  } else if (type.includes('event-stream')) {
    if (response.body) await gather(answer, response.body, attempt.signal, hide);
  } else {
    throw wrongContent(response, 'an event stream', 'an OpenAI-compatible server');
  }
  return answer.complete();
}

async function gather(
  answer: GatheredAnswer,
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  hide: Hide,
): Promise<void> {
  try {
    for await (const { name, data, cut } of readEvents(body)) {
      if (data.trim() === endOfStream) return answer.end();
      if (cut && !isJson(data)) throw new ModelCutOffError();
      answer.add(name === 'error' ? asError(data, hide) : parsed(data));
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof ModelCutOffError && answer.isFinished)) throw error;
  }
}

/** The data of an event called `error`, which need not say so again, nor be JSON. */
function asError(data: string, hide: Hide): unknown {
  const value = isJson(data) ? parsed(data) : data;
  return explanationIn(value, hide) && typeof value === 'object' && value !== null && 'error' in value
    ? value
    : { error: value };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelResponseError('a chunk of the stream is no JSON');
  }
}
