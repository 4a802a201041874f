import { z } from 'zod';
import { refuseEndlessAnswer } from '../http/endless-answer.js';
import { explanationIn, type Hide } from '../http/explanation.js';
import { errorInAnswer } from '../http/http-errors.js';
import { optionalCount, optionalText } from '../http/optional-fields.js';
import type { ModelAnswer, ModelUsage } from '../model.js';
import { AnswerRefusedError, ModelCutOffError, ModelResponseError } from '../model-errors.js';
import { readLogprobs, type SpelledToken } from './logprobs.js';

const said = z.string().nullish();

/** What is said in a piece of a chat; servers name the reasoning in two ways. */
const message = z
  .object({ content: said, refusal: optionalText, reasoning: optionalText, reasoning_content: optionalText })
  .nullish();

/** A piece of a streamed answer (`delta`, `text`), or a whole one from a server that does not stream (`message`). */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({ delta: message, message, text: said, finish_reason: optionalText, logprobs: z.unknown().optional() }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: optionalCount, completion_tokens: optionalCount }).nullish().catch(null),
  system_fingerprint: optionalText,
});

/** An answer that is complete, as it was sent. */
export interface SentAnswer {
  readonly text: string;
  /** Something came in a field of its own for the reasoning of the model. */
  readonly thought: boolean;
  readonly finishReason: ModelAnswer['finishReason'];
  readonly usage: ModelUsage;
  readonly tokens: readonly SpelledToken[];
  /** Time until the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** Who generated it; null where that is not told. */
  readonly fingerprint: string | null;
}

/** Puts an answer together from its chunks. */
export class GatheredAnswer {
  private text = '';
  private refusal = '';
  private thought = false;
  private isEnded = false;
  private finishReason: string | undefined;
  private usage: ModelUsage = { promptTokens: null, completionTokens: null };
  private readonly tokens: SpelledToken[] = [];
  private firstTokenMs: number | undefined;
  private fingerprint: string | null = null;

  /**
   * @param heard called with each piece of the answer
   * @param elapsedMs time since the question was sent, in milliseconds
   */
  constructor(
    private readonly heard: () => void,
    private readonly elapsedMs: () => number,
    private readonly hide: Hide,
  ) {}

  /** The model has said why it stopped. */
  get isFinished(): boolean {
    return this.finishReason !== undefined;
  }

  /** @throws ModelFailedError, ModelBusyError or ModelRejectedError where the chunk tells an error, ModelResponseError
   * where it is none, AnswerInvalidError where the answer is a loop */
  add(sent: unknown): void {
    refuseError(sent, this.hide);
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
      this.begin();
      this.heard();
    }
    refuseEndlessAnswer(this.text);
  }

  /** Takes notice that the server has said that nothing follows. */
  end(): void {
    this.isEnded = true;
  }

  /** @throws ModelCutOffError where it has no end, AnswerRefusedError where the model refuses to answer */
  complete(): SentAnswer {
    const { text, refusal, thought, finishReason, usage, tokens, fingerprint } = this;
    // A text whose server has ended it is complete, also where it does not say why the model stopped.
    if (finishReason === undefined && !(this.isEnded && text !== '')) throw new ModelCutOffError();
    if (text === '' && refusal !== '') throw new AnswerRefusedError(refusal);
    const known = finishReason === 'stop' || finishReason === 'length' ? finishReason : 'other';
    return { text, thought, finishReason: known, usage, tokens, firstTokenMs: this.begin(), fingerprint };
  }

  private begin(): number {
    if (this.firstTokenMs === undefined) {
      this.firstTokenMs = this.elapsedMs();
    }
    return this.firstTokenMs;
  }
}

/** Errors under 200: in the field `error`, or as an object that calls itself one. */
function refuseError(sent: unknown, hide: Hide): void {
  if (typeof sent !== 'object' || sent === null) return;
  const tells = 'error' in sent ? Boolean(sent.error) : 'object' in sent && sent.object === 'error';
  if (!tells) return;
  const problem = explanationIn(sent, hide)?.problem ?? 'no explanation';
  const status = statusIn('error' in sent ? sent.error : sent);
  throw errorInAnswer(problem, status);
}

/** Names of errors that mean a request which would be refused again, as OpenAI and those who copy it write them. */
const refusals = /invalid_?request|bad_?request|authentication|permission|not_?found|insufficient_quota|unprocessable/i;

/** The HTTP status that an error would have had before the stream began; undefined where it tells none. */
function statusIn(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, type } = Object.fromEntries(Object.entries(error));
  const status = Number(code);
  if (Number.isInteger(status) && status >= 400) return status;
  return refusals.test(`${code} ${type}`) ? 400 : undefined;
}
