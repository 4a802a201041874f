import * as z from 'zod';
import { optionalCount, optionalText, sentToken, toTokenProbability } from '../http/answer-fields.js';
import type { HttpAttempt } from '../http/attempt-limits.js';
import { refuseEndlessAnswer } from '../http/endless-answer.js';
import type { ModelAnswer, ModelDurations, TokenLogprob } from '../model.js';
import { AnswerInvalidError, ModelCutOffError, ModelResponseError } from '../model-errors.js';

/** After about this many equal tokens in a row Ollama gives up an answer, and ends the stream without a message. */
const tokenLoop = 30;

/** A day, in nanoseconds: no request takes longer. */
const longest = 86_400e9;

const duration = z.number().min(0).max(longest).optional().catch(undefined);

/** One chunk of a streamed answer: a chat's or a completion's. Times are in nanoseconds. */
const chunkSchema = z.object({
  message: z.object({ content: z.string().nullish(), thinking: optionalText }).nullish(),
  response: z.string().nullish(),
  thinking: optionalText,
  done: z.boolean().nullish().catch(null),
  done_reason: optionalText,
  total_duration: duration,
  load_duration: duration,
  prompt_eval_duration: duration,
  eval_duration: duration,
  prompt_eval_count: optionalCount,
  eval_count: optionalCount,
  logprobs: z.unknown().optional(),
});

const logprobsSchema = z.array(sentToken.extend({ top_logprobs: z.array(sentToken).nullish() })).nullish();

type Chunk = z.infer<typeof chunkSchema>;

/**
 * Reads a streamed answer to its end.
 * @throws ModelCutOffError, ModelFailedError (an error inside the stream), ModelResponseError, AnswerInvalidError (a loop)
 */
export async function readOllamaAnswer(
  chunks: AsyncIterable<unknown>,
  { heard, elapsedMs }: HttpAttempt,
): Promise<ModelAnswer> {
  const gathered = new Gathered();
  let firstTokenMs: number | null = null;
  for await (const sent of chunks) {
    const chunk = parseChunk(sent);
    firstTokenMs ??= elapsedMs();
    heard();
    gathered.add(chunk);
    if (chunk.done !== true) continue;
    const { text, thought, logprobs } = gathered;
    return {
      text,
      ...(thought === '' ? {} : { thought: true }),
      finishReason: chunk.done_reason === 'stop' || chunk.done_reason === 'length' ? chunk.done_reason : 'other',
      usage: { promptTokens: chunk.prompt_eval_count ?? null, completionTokens: chunk.eval_count ?? null },
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
    const thought = chunk.message?.thinking ?? chunk.thinking ?? '';
    const text = textOf(chunk, thought);
    this.text += text;
    this.thought += thought;
    // The tokens of a thought are none of the answer.
    if (thought === '' || text !== '') {
      const probabilities = logprobsSchema.safeParse(chunk.logprobs);
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

function parseChunk(sent: unknown): Chunk {
  const checked = chunkSchema.safeParse(sent);
  if (checked.success) return checked.data;
  const places = checked.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new ModelResponseError(`a chunk of the stream has a wrong ${places}`);
}

function textOf(chunk: Chunk, thought: string): string {
  const text = chunk.message?.content ?? chunk.response;
  if (text == null && thought === '' && chunk.done !== true)
    throw new ModelResponseError('a chunk of the stream has no text');
  return text ?? '';
}

/** Queue time is what the server's total leaves over. */
function durationsOf(last: Chunk, totalMs: number, firstTokenMs: number | null): ModelDurations {
  const { total_duration: total, load_duration: load } = last;
  const work = (load ?? 0) + (last.prompt_eval_duration ?? 0) + (last.eval_duration ?? 0);
  return {
    totalMs,
    firstTokenMs,
    queueMs: total === undefined || load === undefined ? null : Math.max(0, total - work) / 1e6,
    loadMs: load === undefined ? null : load / 1e6,
  };
}
