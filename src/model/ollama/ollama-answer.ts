import * as z from 'zod';
import { mostTokens, sentToken, toTokenProbability } from '../http/answer-fields.js';
import type { HttpAttempt } from '../http/attempt-timeouts.js';
import { refuseEndlessAnswer } from '../http/endless-answer.js';
import type { ModelAnswer, ModelDurations, TokenLogprob } from '../model.js';
import { AnswerInvalidError, ModelCutOffError, ModelResponseError } from '../model-errors.js';

/** After about this many equal tokens in a row Ollama gives up an answer, and ends the stream without a message. */
const tokenLoop = 30;

/** A day, in nanoseconds: no request takes longer. */
const longest = 86_400e9;

/** The fields of a chunk, as a server sends them. */
type SentChunk = Readonly<Partial<Record<TextField | FigureField | 'message' | 'done' | 'logprobs', unknown>>>;
type TextField = 'response' | 'thinking' | 'done_reason';
type FigureField = `${'total' | 'load' | 'prompt_eval' | 'eval'}_duration` | `${'prompt_eval' | 'eval'}_count`;

/** One chunk of a streamed answer: a chat's or a completion's. Times are in nanoseconds. What a server says wrongly is null. */
interface Chunk {
  /** Null if it has none. */
  readonly text: string | null;
  readonly thought: string;
  readonly isDone: boolean;
  readonly doneReason: string | null;
  readonly totalDuration: number | null;
  readonly loadDuration: number | null;
  readonly promptEvalDuration: number | null;
  readonly evalDuration: number | null;
  readonly promptEvalCount: number | null;
  readonly evalCount: number | null;
  readonly logprobs: unknown;
}

const logprobsSchema = z.array(sentToken.extend({ top_logprobs: z.array(sentToken).nullish() })).nullish();

/**
 * Reads a streamed answer to its end.
 * @throws ModelCutOffError, ModelFailedError (an error inside the stream), ModelResponseError, AnswerInvalidError (a loop)
 */
export async function readOllamaAnswer(
  chunks: AsyncIterable<object>,
  { heard, elapsedMs }: HttpAttempt,
): Promise<ModelAnswer> {
  const gathered = new Gathered();
  let firstTokenMs: number | null = null;
  for await (const sent of chunks) {
    const chunk = parseChunk(sent);
    firstTokenMs ??= elapsedMs();
    heard();
    gathered.add(chunk);
    if (!chunk.isDone) continue;
    const { text, thought, logprobs } = gathered;
    return {
      text,
      ...(thought === '' ? {} : { thought: true }),
      finishReason: chunk.doneReason === 'stop' || chunk.doneReason === 'length' ? chunk.doneReason : 'other',
      usage: { promptTokens: chunk.promptEvalCount, completionTokens: chunk.evalCount },
      durations: durationsOf(chunk, elapsedMs(), firstTokenMs),
      logprobs: logprobs.length > 0 && !gathered.oddLogprobs ? logprobs : null,
    };
  }
  // A stream without its end may be that of a loop that the server gave up.
  if (gathered.repeats < tokenLoop) throw new ModelCutOffError();
  throw new AnswerInvalidError('repeats itself without end, and the server gave it up', gathered.text);
}

/** What has come of an answer. */
class Gathered {
  text = '';
  thought = '';
  readonly logprobs: TokenLogprob[] = [];
  /** If some are missing, the others alone would be misleading. */
  oddLogprobs = false;
  /** Pieces at the end that say the same. */
  repeats = 0;
  private lastPiece: string | undefined;

  add(chunk: Chunk): void {
    const { thought, logprobs } = chunk;
    if (chunk.text === null && thought === '' && !chunk.isDone)
      throw new ModelResponseError('a chunk of the stream has no text');
    const text = chunk.text ?? '';
    this.text += text;
    this.thought += thought;
    // The tokens of a thought are none of the answer.
    if (logprobs != null && (thought === '' || text !== '')) {
      const probabilities = logprobsSchema.safeParse(logprobs);
      this.oddLogprobs ||= !probabilities.success;
      for (const entry of probabilities.data ?? []) {
        this.logprobs.push({
          ...toTokenProbability(entry),
          alternatives: (entry.top_logprobs ?? []).map(toTokenProbability),
        });
      }
    }
    const piece = (thought + text).trim();
    this.repeats = piece === this.lastPiece ? this.repeats + 1 : 1;
    this.lastPiece = piece;
    refuseEndlessAnswer(this.text);
    refuseEndlessAnswer(this.thought);
  }
}

/** Field by field: with a schema it takes many times as long, for each token. @throws ModelResponseError */
function parseChunk(chunk: SentChunk): Chunk {
  const message = fieldsOf(chunk.message);
  return {
    text: textAt('message.content', message.content) ?? textAt('response', chunk.response),
    thought: optionalTextOf(message.thinking) ?? optionalTextOf(chunk.thinking) ?? '',
    isDone: chunk.done === true,
    doneReason: optionalTextOf(chunk.done_reason),
    totalDuration: figureOf(chunk.total_duration),
    loadDuration: figureOf(chunk.load_duration),
    promptEvalDuration: figureOf(chunk.prompt_eval_duration),
    evalDuration: figureOf(chunk.eval_duration),
    promptEvalCount: countOf(chunk.prompt_eval_count),
    evalCount: countOf(chunk.eval_count),
    logprobs: chunk.logprobs,
  };
}

function fieldsOf(message: unknown): { readonly content?: unknown; readonly thinking?: unknown } {
  if (message == null) return {};
  if (typeof message !== 'object' || Array.isArray(message)) throw wrongField('message');
  return message;
}

function textAt(place: string, value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') throw wrongField(place);
  return value;
}

function wrongField(place: string): ModelResponseError {
  return new ModelResponseError(`a chunk of the stream has a wrong ${place}`);
}

function optionalTextOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function figureOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= longest ? value : null;
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostTokens ? value : null;
}

/** Queue time is what the server's total leaves over. */
function durationsOf(last: Chunk, totalMs: number, firstTokenMs: number | null): ModelDurations {
  const { totalDuration: total, loadDuration: load } = last;
  const work = (load ?? 0) + (last.promptEvalDuration ?? 0) + (last.evalDuration ?? 0);
  return {
    totalMs,
    firstTokenMs,
    queueMs: total === null || load === null ? null : Math.max(0, total - work) / 1e6,
    loadMs: load === null ? null : load / 1e6,
  };
}
