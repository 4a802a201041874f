import type { Remedy } from '../../foundation/errors/chorale-error.js';
import type { ModelAnswer, ModelInput, ModelRequest } from '../../model/model.js';
import { AnswerTruncatedError, PromptTooLongError } from '../../model/model-errors.js';
import type { FieldSpec } from '../fields/field-spec.js';
import { type ChunkPrediction, combinePredictions, type Prediction } from '../prediction.js';
import type { PromptInput } from '../prompt/prompt-input.js';
import type { LongHandling, LongStrategy, PromptSize } from './long-strategy.js';
import { cutHead, cutMiddle, cutTail, type Fits, splitText } from './shorten-text.js';
import { type TokenEstimate, TokenEstimator } from './token-estimator.js';

/** A request for a text, or for a piece of it. */
export interface TextRequest {
  readonly request: ModelRequest;
  /** Undefined for the whole text; `part` is 1-based. */
  readonly handling?: LongHandling & { readonly part: number };
}

/** Sends one request, with retries. */
type Ask = (request: TextRequest) => Promise<Prediction>;

interface LongTextsOptions {
  readonly strategy: LongStrategy;
  readonly labels: readonly string[];
  /** Null if an answer is a label. */
  readonly fields: readonly FieldSpec[] | null;
  readonly requestFor: (input: string | PromptInput) => ModelRequest;
  /** False if no text is too long for the model. */
  readonly readsPrompt: boolean;
}

/** How often a text is shortened again that the server still rejects, and the share of the room that is used then. */
const shrinking = { times: 3, left: 0.7 };

const wayOut: Remedy = ['cut or split it with the option ', { option: 'long' }, ' (head, tail, head-tail, split), or '];

const cuts = { head: cutHead, tail: cutTail, 'head-tail': cutMiddle };

/** Keeps prompts within the context window of the model. */
export class LongTexts {
  private readonly estimator: TokenEstimator;
  /** The context window that the server reported when it rejected a prompt, in tokens. */
  private reportedContext = Number.POSITIVE_INFINITY;

  constructor(private readonly options: LongTextsOptions) {
    this.estimator = new TokenEstimator(textOf(options.requestFor('').input));
  }

  sizeOf(input: string | PromptInput): PromptSize {
    const request = this.options.requestFor(input);
    const promptTokens = Math.ceil(this.estimate(request).expected);
    const answerTokens = request.options.maxOutputTokens;
    const contextTokens = this.contextOf(request);
    const fits = !this.options.readsPrompt || promptTokens + answerTokens <= contextTokens;
    return { promptTokens, answerTokens, contextTokens, fits };
  }

  /**
   * Classifies a text with one request, or as the strategy says where it does not fit. A prompt that may fit is sent: the
   * server knows. Columns beside the text are never shortened.
   * @throws PromptTooLongError with the length of the prompt, and what `ask` throws
   */
  async classify(input: string | PromptInput, ask: Ask): Promise<Prediction> {
    const { strategy, requestFor } = this.options;
    const request = requestFor(input);
    let tooLong = this.surelyTooLong(request);
    if (!tooLong) {
      try {
        return await ask({ request });
      } catch (error) {
        tooLong = this.learnFrom(error, request);
      }
    }
    const whole = typeof input === 'string' ? { text: input } : input;
    if (strategy === 'fail') {
      if (this.isFilledByColumns(whole)) throw this.explained(this.noRoom(whole), request);
      throw this.explained(tooLong, request, [wayOut, tooLong.remedy].flat());
    }
    return this.classifyShortened(whole, strategy, ask);
  }

  /** Whether a prompt and its answer fit into the context window, even if the prompt is as long as it can be. */
  surelyFits(request: ModelRequest): boolean {
    return this.estimate(request).atMost + request.options.maxOutputTokens <= this.contextOf(request);
  }

  /** Bounds of the length of a prompt; undefined if the prompt is far too short to matter, or not read. */
  boundsOf(request: ModelRequest): TokenEstimate | undefined {
    return this.options.readsPrompt && mayBeLong(request) ? this.estimate(request) : undefined;
  }

  /**
   * Learns from the server's count of a prompt.
   * @throws PromptTooLongError when the server has read fewer tokens than there are: it has truncated the prompt
   */
  check(request: ModelRequest, { usage, thought }: ModelAnswer): void {
    const { promptTokens } = usage;
    if (promptTokens === null) return;
    const bounds = this.boundsOf(request);
    const contextTokens = this.contextOf(request);
    if (bounds && bounds.expected > contextTokens && promptTokens < bounds.atLeast) {
      throw new PromptTooLongError(contextTokens, `the server read ${promptTokens} tokens of it`);
    }
    // Some servers ask a reasoning model twice, and count its reasoning into the second prompt.
    if (!thought) this.estimator.learn(textOf(request.input), promptTokens);
  }

  /** The cause of a failure: an answer may be truncated because the prompt leaves too little room for it. */
  causeOf(error: unknown, request: ModelRequest, answer: ModelAnswer | undefined): unknown {
    const { promptTokens, completionTokens } = answer?.usage ?? {};
    if (!(error instanceof AnswerTruncatedError) || promptTokens == null || completionTokens == null) return error;
    const { maxOutputTokens } = request.options;
    const contextTokens = this.contextOf(request);
    if (completionTokens >= maxOutputTokens || promptTokens + completionTokens < contextTokens - 2) return error;
    const problem = `it leaves ${contextTokens - promptTokens} of the ${maxOutputTokens} tokens for the answer`;
    return new PromptTooLongError(contextTokens, problem, undefined, { counted: promptTokens, estimated: null });
  }

  private surelyTooLong(request: ModelRequest): PromptTooLongError | undefined {
    const bounds = this.boundsOf(request);
    const { maxOutputTokens } = request.options;
    const contextTokens = this.contextOf(request);
    if (!bounds || bounds.atLeast + maxOutputTokens <= contextTokens) return undefined;
    return new PromptTooLongError(contextTokens, `with ${maxOutputTokens} for the answer; it was not sent`);
  }

  private async classifyShortened(
    { text, columns }: PromptInput,
    strategy: LongHandling['strategy'],
    ask: Ask,
  ): Promise<Prediction> {
    const { labels, fields } = this.options;
    const requestFor = (piece: string) => this.options.requestFor({ text: piece, columns });
    const chunks: ChunkPrediction[] = [];
    let rest = text;
    let rejected = text;
    for (let shrinks = 0; ; shrinks += 1) {
      const pieces = this.piecesOf({ text: rest, columns }, rejected, strategy, shrinking.left ** shrinks);
      if (pieces.length === 0) throw this.explained(this.noRoom({ text, columns }), requestFor(text));
      const kept = strategy === 'split' ? 1 : (pieces[0]?.length ?? 0) / text.length;
      const long = { strategy, parts: chunks.length + pieces.filter(isFilled).length, kept };
      try {
        for (const piece of pieces) {
          rejected = piece;
          if (isFilled(piece)) {
            const handling = { ...long, part: chunks.length + 1 };
            chunks.push({ prediction: await ask({ request: requestFor(piece), handling }), length: piece.length });
          }
          rest = rest.slice(piece.length);
        }
        const [only, ...others] = chunks;
        return {
          ...(only && others.length === 0 ? only.prediction : combinePredictions(chunks, labels, fields)),
          long,
        };
      } catch (error) {
        const tooLong = this.learnFrom(error, requestFor(rejected));
        if (shrinks === shrinking.times) throw this.explained(tooLong, requestFor(text));
      }
    }
  }

  /**
   * The pieces of a text that are sent in place of it; none if no piece fits.
   * @param rejected what is known not to fit: every piece is shorter
   * @param left share of the room beside the prompt's own text that may be used
   */
  private piecesOf(
    { text, columns }: PromptInput,
    rejected: string,
    strategy: LongHandling['strategy'],
    left: number,
  ): readonly string[] {
    const requestFor = (piece: string) => this.options.requestFor({ text: piece, columns });
    const empty = requestFor('');
    for (const bound of ['atMost', 'expected'] as const) {
      const own = this.estimate(empty)[bound];
      const most = own + (this.contextOf(empty) - empty.options.maxOutputTokens - own) * left;
      const fits: Fits = (piece) => piece.length < rejected.length && this.estimate(requestFor(piece))[bound] <= most;
      const pieces = strategy === 'split' ? splitText(text, fits) : [cuts[strategy](text, fits)];
      if (pieces.some(isFilled)) return pieces;
    }
    return [];
  }

  private noRoom({ columns }: PromptInput): PromptTooLongError {
    const { promptTokens, contextTokens } = this.sizeOf({ text: '', columns });
    const ofColumns = promptTokens - this.sizeOf('').promptTokens;
    const without = `about ${promptTokens} without the review`;
    if (ofColumns <= 0) return new PromptTooLongError(contextTokens, `${without}, of which no part fits`);
    const problem = `${without}, ${ofColumns} of them in other columns, which are never cut: no part of the review fits`;
    return new PromptTooLongError(contextTokens, problem, 'the columns, or raise contextTokens in the prompt file');
  }

  /** Whether the columns beside the text are the reason why the prompt does not fit. */
  private isFilledByColumns({ columns }: PromptInput): boolean {
    return !this.sizeOf({ text: '', columns }).fits && this.sizeOf('').fits;
  }

  /** Learns from a rejection because of the length; rethrows anything else. */
  private learnFrom(error: unknown, request: ModelRequest): PromptTooLongError {
    if (!(error instanceof PromptTooLongError)) throw error;
    this.reportedContext = Math.min(this.reportedContext, error.contextTokens ?? Number.POSITIVE_INFINITY);
    this.estimator.learnAtLeast(textOf(request.input), error.length.counted ?? this.contextOf(request) + 1);
    return error;
  }

  /** The same failure, with the length of the prompt. */
  private explained(error: PromptTooLongError, request: ModelRequest, remedy = error.remedy): PromptTooLongError {
    const { contextTokens, problem, length } = error;
    const estimated = Math.ceil(this.estimate(request).expected);
    return new PromptTooLongError(contextTokens, problem, remedy, { ...length, estimated });
  }

  private estimate({ input }: ModelRequest): TokenEstimate {
    return this.estimator.estimate(textOf(input));
  }

  private contextOf({ options }: ModelRequest): number {
    return Math.min(options.contextTokens, this.reportedContext);
  }
}

function textOf(input: ModelInput): string {
  return input.kind === 'completion' ? input.prompt : input.messages.map(({ content }) => content).join('\n');
}

/** The length of that text, which need not be put together for it. */
function lengthOf(input: ModelInput): number {
  if (input.kind === 'completion') return input.prompt.length;
  return input.messages.reduce((sum, { content }) => sum + content.length + 1, -1);
}

/** More tokens than any chat template adds. */
const longestFrame = 128;

/** A token is one byte at least, and a UTF-16 unit three bytes at most: a prompt this short needs no estimate. */
function mayBeLong({ input, options }: ModelRequest): boolean {
  return lengthOf(input) * 3 + longestFrame + options.maxOutputTokens > options.contextTokens;
}

function isFilled(text: string): boolean {
  return text.trim() !== '';
}
