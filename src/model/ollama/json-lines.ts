import { problemOf } from '../http/explanation.js';
import { errorInAnswer, failReading } from '../http/http-errors.js';
import { ModelCutOffError, ModelOversizeError, ModelResponseError } from '../model-errors.js';

/**
 * Passes a stream of JSON objects on, one a line, and fails it at the first line that is none or that tells an error, or
 * when the connection breaks: the client behind it would print a wrong line and go on. Blank lines keep a connection
 * alive, and are dropped.
 * @param longestLine bytes (about) that a line may have
 */
export function checkJsonLines(body: ReadableStream<Uint8Array>, longestLine: number): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const reader = body.getReader();
  const line = new LineInParts(longestLine);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read().catch(failReading);
          const whole = line.add(decoder.decode(value, { stream: !done }));
          if (done) whole.push(lastLine(line.rest));
          const objects = whole.filter((text) => text.trim() !== '').map((text) => `${checkObject(text)}\n`);
          if (objects.length > 0) controller.enqueue(encoder.encode(objects.join('')));
          if (done) controller.close();
          if (done || objects.length > 0) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Checks that a text is a JSON object and no report of an error.
 * @returns the same object; where it says that there is no error (`null`), without that: the client would take it for one
 * @throws ModelResponseError, ModelFailedError
 */
export function checkObject(text: string): string {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ModelResponseError('it is no JSON object');
  }
  if (!('error' in value)) return text;
  const { error, ...rest } = value;
  if (error) throw errorInAnswer(problemOf(error));
  return JSON.stringify(rest);
}

/** A line that arrives in parts: they are put together once, when its end is there. */
class LineInParts {
  private parts: string[] = [];
  private length = 0;

  constructor(private readonly longest: number) {}

  /** @returns the lines that are whole now */
  add(text: string): string[] {
    const [first = '', ...others] = text.split('\n');
    this.keep(first);
    return others.map((next) => {
      const whole = this.rest;
      this.parts = [];
      this.length = 0;
      this.keep(next);
      return whole;
    });
  }

  get rest(): string {
    return this.parts.join('');
  }

  private keep(part: string): void {
    this.parts.push(part);
    this.length += part.length;
    if (this.length > this.longest) throw new ModelOversizeError(this.longest);
  }
}

/** A last line without its end may be half of one: the connection ended too early. */
function lastLine(line: string): string {
  if (line.startsWith('{') && parsed(line) === undefined) throw new ModelCutOffError();
  return line;
}

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
