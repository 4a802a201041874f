import { ModelCutOffError, ModelRejectedError, ModelResponseError } from '../../errors/index.js';
import { problemOf } from '../http/explanation.js';

/**
 * Passes a stream of JSON objects on, one a line, and fails it at the first line that is none or that tells an error, or
 * when the connection breaks: the client behind it would print a wrong line and go on.
 * @param status HTTP status of the response
 */
export function checkJsonLines(body: ReadableStream<Uint8Array>, status: number): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await reader.read().catch((cause: unknown) => {
        throw new ModelCutOffError({ cause });
      });
      if (step.done) {
        checkLastLine(rest + decoder.decode(), status);
        controller.close();
        return;
      }
      const lines = (rest + decoder.decode(step.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) checkObject(line, status);
      controller.enqueue(step.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * Checks that a text is a JSON object and no report of an error.
 * @throws ModelResponseError, ModelRejectedError
 */
export function checkObject(text: string, status: number): void {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ModelResponseError('it is no JSON object');
  }
  if ('error' in value) throw new ModelRejectedError(status, problemOf(value.error));
}

/** A last line without its end may be half of one: the connection ended too early. */
function checkLastLine(line: string, status: number): void {
  if (line.trim() === '') return;
  if (line.startsWith('{') && parsed(line) === undefined) throw new ModelCutOffError();
  checkObject(line, status);
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
