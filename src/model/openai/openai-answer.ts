import { createParser } from 'eventsource-parser';
import * as z from 'zod';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { optionalCount, optionalText } from '../http/answer-fields.js';
import type { HttpAttempt } from '../http/attempt-timeouts.js';
import { refuseEndlessAnswer } from '../http/endless-answer.js';
import { explanationIn } from '../http/explanation.js';
import { type ByteReader, failReading, type HttpResponse, readText, releaseReader } from '../http/http-response.js';
import { contentTypeOf, wrongContent } from '../http/response-body.js';
import { errorInAnswer } from '../http/status-errors.js';
import type { ModelAnswer, ModelUsage } from '../model.js';
import { AnswerRefusedError, ModelCutOffError, ModelOversizeError, ModelResponseError } from '../model-errors.js';
import { type AnswerToken, readLogprobs } from './logprobs.js';

const content = z.string().nullish();

/** A piece of a chat; servers name the reasoning in two ways. */
const message = z
  .object({ content, refusal: optionalText, reasoning: optionalText, reasoning_content: optionalText })
  .nullish();

/** A piece of a streamed answer (`delta`, `text`), or a whole one from a server that does not stream (`message`). */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: message,
        message,
        text: content,
        finish_reason: optionalText,
        logprobs: z.unknown().optional(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: optionalCount, completion_tokens: optionalCount }).nullish().catch(null),
  system_fingerprint: optionalText,
});

/** An answer that is complete, as it was sent. */
export interface OpenAIAnswer {
  readonly text: string;
  /** The reasoning of the model came in a separate field. */
  readonly thought: boolean;
  readonly finishReason: ModelAnswer['finishReason'];
  readonly usage: ModelUsage;
  readonly tokens: readonly AnswerToken[];
  /** Time until the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** What generated it; null if the server does not say. */
  readonly fingerprint: string | null;
}

/** Puts an answer together from its chunks. */
class GatheredAnswer {
  private text = '';
  private refusal = '';
  private thought = false;
  private isEnded = false;
  private finishReason: string | undefined;
  private usage: ModelUsage = { promptTokens: null, completionTokens: null };
  private readonly tokens: AnswerToken[] = [];
  private firstTokenMs: number | undefined;
  private fingerprint: string | null = null;

  constructor(
    private readonly attempt: HttpAttempt,
    private readonly secrets: readonly string[],
  ) {}

  /** The model has said why it stopped. */
  get isFinished(): boolean {
    return this.finishReason !== undefined;
  }

  add(sent: unknown): void {
    throwError(sent, this.secrets);
    const checked = chunkSchema.safeParse(sent);
    if (!checked.success) {
      const places = checked.error.issues.map(({ path }) => path.join('.')).join(', ');
      throw new ModelResponseError(`a chunk of the stream has a wrong ${places || 'form'}`);
    }
    const { choices, usage, system_fingerprint: fingerprint } = checked.data;
    if (!choices && !usage) throw new ModelResponseError('a chunk of the stream has no choices');
    this.fingerprint ??= fingerprint ?? null;
    // Some servers count in every chunk, and begin with 0.
    if (usage?.prompt_tokens || usage?.completion_tokens) {
      this.usage = { promptTokens: usage.prompt_tokens ?? null, completionTokens: usage.completion_tokens ?? null };
    }
    const [choice] = choices ?? [];
    if (!choice) return;
    const part = choice.delta ?? choice.message;
    const text = part?.content ?? choice.text ?? '';
    const thought = part?.reasoning || part?.reasoning_content || '';
    this.refusal += part?.refusal ?? '';
    this.thought ||= thought !== '';
    this.text += text;
    this.tokens.push(...readLogprobs(choice.logprobs));
    this.finishReason ??= choice.finish_reason ?? undefined;
    if (text !== '' || thought !== '' || part?.refusal || choice.finish_reason) {
      this.firstTokenMs ??= this.attempt.elapsedMs();
      this.attempt.heard();
    }
    refuseEndlessAnswer(this.text);
  }

  /** The server has said that nothing follows. */
  end(): void {
    this.isEnded = true;
  }

  /** @throws ModelCutOffError if it has no end, AnswerRefusedError if the model refuses to answer */
  complete(): OpenAIAnswer {
    const { text, refusal, thought, finishReason, usage, tokens, fingerprint } = this;
    // A text whose server has ended it is complete, also where it does not say why the model stopped.
    if (finishReason === undefined && !(this.isEnded && text !== '')) throw new ModelCutOffError();
    if (text === '' && refusal !== '') throw new AnswerRefusedError(refusal);
    const known = finishReason === 'stop' || finishReason === 'length' ? finishReason : 'other';
    const firstTokenMs = this.firstTokenMs ?? this.attempt.elapsedMs();
    return { text, thought, finishReason: known, usage, tokens, firstTokenMs, fingerprint };
  }
}

/** Errors under 200: in the field `error`, or as an object that calls itself one. */
function throwError(sent: unknown, secrets: readonly string[]): void {
  if (typeof sent !== 'object' || sent === null) return;
  const isError = 'error' in sent ? Boolean(sent.error) : 'object' in sent && sent.object === 'error';
  if (!isError) return;
  const problem = explanationIn(sent, secrets)?.problem ?? 'no explanation';
  throw errorInAnswer(problem, statusIn('error' in sent ? sent.error : sent));
}

/** Names of errors after which the same request would be rejected again, as OpenAI and those who copy it write them. */
const rejections =
  /invalid_?request|bad_?request|authentication|permission|not_?found|insufficient_quota|unprocessable/i;

/** The HTTP status that an error would have had before the stream began; undefined if it names none. */
function statusIn(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, type } = Object.fromEntries(Object.entries(error));
  const status = Number(code);
  if (Number.isInteger(status) && status >= 400) return status;
  return rejections.test(`${code} ${type}`) ? 400 : undefined;
}

const endOfStream = '[DONE]';

/**
 * Reads an answer to its end: a stream of events, or one JSON object from a server that does not stream. It is complete
 * when the model has said why it stopped; what breaks off after that is not missed.
 * @param secrets what an error inside the answer must not repeat
 * @throws ModelCutOffError, ModelFailedError, ModelBusyError or ModelRejectedError (an error inside the stream),
 * ModelResponseError, AnswerInvalidError (a loop), AnswerRefusedError
 */
export async function readOpenAIAnswer(
  response: HttpResponse,
  attempt: HttpAttempt,
  secrets: readonly string[],
): Promise<OpenAIAnswer> {
  const answer = new GatheredAnswer(attempt, secrets);
  const type = contentTypeOf(response);
  if (type.includes('json')) {
    answer.add(requireChunk(await readText(response, attempt.heard)));
    answer.end();
  } else if (type.includes('event-stream')) {
    if (response.body) await gather(answer, response.body, attempt.signal);
  } else {
    throw wrongContent(response, 'an event stream', 'an OpenAI-compatible server');
  }
  return answer.complete();
}

async function gather(answer: GatheredAnswer, body: ByteReader, signal: AbortSignal): Promise<void> {
  try {
    for await (const { name, data, isLast } of readEvents(body)) {
      if (data.trim() === endOfStream) return answer.end();
      if (isLast && tryParseJson(data) === undefined) throw new ModelCutOffError();
      answer.add(name === 'error' ? asError(data) : requireChunk(data));
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof ModelCutOffError && answer.isFinished)) throw error;
  }
}

/** The data of an event called `error`, which need not have a field `error`, nor be JSON. */
function asError(data: string): unknown {
  const value = tryParseJson(data) ?? data;
  return typeof value === 'object' && 'error' in value ? value : { error: value };
}

function requireChunk(text: string): unknown {
  const value = tryParseJson(text);
  if (value === undefined) throw new ModelResponseError('a chunk of the stream is not JSON');
  return value;
}

/** One event of a stream. */
interface SentEvent {
  /** Undefined if it has no name. */
  readonly name: string | undefined;
  readonly data: string;
  /** The stream ended within it: it may be half an event. */
  readonly isLast: boolean;
}

/** Characters that an event may have: far more than a token with its probabilities needs. */
const longestEvent = 4_194_304;

/**
 * Reads server-sent events to the end of the stream, or until the reader has enough. A line that is no part of an event
 * but looks like a JSON object counts as one: some servers report errors so.
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError when an event does not end
 */
async function* readEvents(reader: ByteReader): AsyncGenerator<SentEvent, void> {
  const arrived: SentEvent[] = [];
  let isLast = false;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ event: name, data }) => void arrived.push({ name, data, isLast }),
    onError({ type, line }) {
      if (type === 'max-buffer-size-exceeded') throw new ModelOversizeError(longestEvent);
      if (line?.startsWith('{')) arrived.push({ name: undefined, data: line, isLast });
    },
  });
  const decoder = new TextDecoder();
  let ended = false;
  try {
    while (!ended) {
      const step = await reader.read().catch(failReading);
      ended = step.done;
      parser.feed(decoder.decode(step.value, { stream: !ended }));
      isLast = ended;
      // Ends an event whose blank line is missing.
      if (ended) parser.feed('\n\n');
      yield* arrived.splice(0);
    }
  } finally {
    if (!ended) releaseReader(reader);
  }
}
