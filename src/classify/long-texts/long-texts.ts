import type { ModelAnswer, ModelInput, ModelRequest } from '../../model/model.js';
import { AnswerTruncatedError, PromptTooLongError } from '../../model/model-errors.js';
import { type ChunkPrediction, combineParts, type WeighedPart } from '../prediction.js';
import type { LongHandling, LongStrategy, PromptSize } from './long-strategy.js';
import { cutHead, cutMiddle, cutTail, type Fits, splitText } from './shorten-text.js';
import { createTokenEstimator, type TokenEstimate, type TokenEstimator } from './token-estimator.js';

/** One question about a text, or about what is left of it. */
export interface LongQuestion {
  readonly request: ModelRequest;
  /** Undefined where it is about the whole text; `part` is 1-based. */
  readonly handling?: LongHandling & { readonly part: number };
}

/** Asks one question, with as many attempts as it takes. */
export type Ask<J> = (question: LongQuestion) => Promise<J>;

/** What was judged, of the whole text or of its parts. */
export type Classified<J> = (J | Required<ChunkPrediction>) & { readonly long?: LongHandling };

/** What `LongTexts` needs. */
export interface LongTextsOptions {
  readonly strategy: LongStrategy;
  readonly labels: readonly string[];
  readonly requestFor: (text: string) => ModelRequest;
  /** False where nothing is too long for the model. */
  readonly readsPrompt: boolean;
}

/** How often a text is made shorter because the server says that it is still too long, and what is left of the room then. */
const shrinking = { times: 3, left: 0.7 };

const wayOut = 'let --long cut or split it (head, tail, head-tail, split)';

const cuts = { head: cutHead, tail: cutTail, 'head-tail': cutMiddle };

/** Keeps prompts within the context of the model. */
export class LongTexts {
  private readonly estimator: TokenEstimator;
  /** The context that the server turned out to have, in tokens. */
  private toldContext = Number.POSITIVE_INFINITY;

  constructor(private readonly options: LongTextsOptions) {
    this.estimator = createTokenEstimator(textOf(options.requestFor('').input));
  }

  sizeOf(text: string): PromptSize {
    const { estimate, answerTokens: outputBudget, contextTokens } = this.measure(this.options.requestFor(text));
    const promptTokens = Math.ceil(estimate.expected);
    const fits = !this.options.readsPrompt || promptTokens + outputBudget <= contextTokens;
    return { promptTokens, answerTokens: outputBudget, contextTokens, fits };
  }

  /**
   * Judges a text in one question, or as the strategy says where it does not fit. A question that may fit is asked: the
   * server knows.
   * @throws PromptTooLongError with the length of the prompt, and what `ask` throws
   */
  async classify<J extends ChunkPrediction>(text: string, ask: Ask<J>): Promise<Classified<J>> {
    const { strategy, requestFor } = this.options;
    const request = requestFor(text);
    let tooLong = this.surelyTooLong(request);
    if (!tooLong) {
      try {
        return await ask({ request });
      } catch (error) {
        tooLong = this.learnFrom(error, request);
      }
    }
    if (strategy === 'fail') throw this.explained(tooLong, request, `${wayOut}, or ${tooLong.advice}`);
    return this.judgeShortened(text, strategy, ask);
  }

  /** What is known of the length of a prompt; undefined where it is too short, or not read, for anybody to care. */
  boundsOf(request: ModelRequest): TokenEstimate | undefined {
    return this.options.readsPrompt && mayBeLong(request) ? this.measure(request).estimate : undefined;
  }

  /**
   * Learns from the server's count of a prompt.
   * @throws PromptTooLongError when it has read less than there is: it has cut the prompt
   */
  check(request: ModelRequest, { usage, thought }: ModelAnswer): void {
    const { promptTokens } = usage;
    if (promptTokens === null) return;
    const bounds = this.boundsOf(request);
    const contextTokens = this.contextOf(request);
    if (bounds && bounds.expected > contextTokens && promptTokens < bounds.atLeast) {
      throw new PromptTooLongError(contextTokens, `the server read ${promptTokens} tokens of it`);
    }
    // Some servers ask a thinking model twice, and count its thoughts into the second prompt.
    if (!thought) this.estimator.learn(textOf(request.input), promptTokens);
  }

  /** What is behind a failure: an answer may be cut because the prompt leaves too little room for it. */
  causeOf(error: unknown, request: ModelRequest, answer: ModelAnswer | undefined): unknown {
    const { promptTokens, completionTokens } = answer?.usage ?? {};
    if (!(error instanceof AnswerTruncatedError) || promptTokens == null || completionTokens == null) return error;
    const { maxOutputTokens: outputBudget } = request.options;
    const contextTokens = this.contextOf(request);
    if (completionTokens >= outputBudget || promptTokens + completionTokens < contextTokens - 2) return error;
    const problem = `it leaves ${contextTokens - promptTokens} of the ${outputBudget} tokens for the answer`;
    return new PromptTooLongError(contextTokens, problem, undefined, { counted: promptTokens, estimated: null });
  }

  private surelyTooLong(request: ModelRequest): PromptTooLongError | undefined {
    if (!this.options.readsPrompt || !mayBeLong(request)) return undefined;
    const { estimate, answerTokens: outputBudget, contextTokens } = this.measure(request);
    if (estimate.atLeast + outputBudget <= contextTokens) return undefined;
    return new PromptTooLongError(contextTokens, `with ${outputBudget} for the answer; it was not sent`);
  }

  private async judgeShortened<J extends ChunkPrediction>(
    text: string,
    strategy: LongHandling['strategy'],
    ask: Ask<J>,
  ): Promise<Classified<J>> {
    const { requestFor, labels } = this.options;
    const judged: WeighedPart<J>[] = [];
    let rest = text;
    let refused = text;
    for (let shrinks = 0; ; shrinks += 1) {
      const pieces = this.piecesOf(rest, refused, strategy, shrinking.left ** shrinks);
      if (pieces.length === 0) throw this.explained(this.noRoom(), requestFor(text));
      const kept = strategy === 'split' ? 1 : (pieces[0]?.length ?? 0) / text.length;
      const long = { strategy, parts: judged.length + pieces.filter(isFilled).length, kept };
      try {
        for (const piece of pieces) {
          refused = piece;
          if (isFilled(piece)) {
            const handling = { ...long, part: judged.length + 1 };
            judged.push({ judgement: await ask({ request: requestFor(piece), handling }), length: piece.length });
          }
          rest = rest.slice(piece.length);
        }
        const [only, ...others] = judged;
        return { ...(only && others.length === 0 ? only.judgement : combineParts(judged, labels)), long };
      } catch (error) {
        const tooLong = this.learnFrom(error, requestFor(refused));
        if (shrinks === shrinking.times) throw this.explained(tooLong, requestFor(text), tooLong.advice);
      }
    }
  }

  /**
   * What is asked about in place of a text that is too long.
   * @param refused what is known not to fit: every piece is shorter
   * @param left share of the room beside the prompt's own text that may be used
   * @returns empty where no part of it fits
   */
  private piecesOf(text: string, refused: string, strategy: LongHandling['strategy'], left: number): readonly string[] {
    const { requestFor } = this.options;
    for (const bound of ['atMost', 'expected'] as const) {
      const { estimate, answerTokens: outputBudget, contextTokens } = this.measure(requestFor(''));
      const own = estimate[bound];
      const most = own + (contextTokens - outputBudget - own) * left;
      const fits: Fits = (piece) =>
        piece.length < refused.length && this.measure(requestFor(piece)).estimate[bound] <= most;
      const pieces = strategy === 'split' ? splitText(text, fits) : [cuts[strategy](text, fits)];
      if (pieces.some(isFilled)) return pieces;
    }
    return [];
  }

  private noRoom(): PromptTooLongError {
    const { promptTokens, contextTokens } = this.sizeOf('');
    return new PromptTooLongError(contextTokens, `about ${promptTokens} without the review, of which no part fits`);
  }

  /** Learns from a refusal because of the length; anything else is thrown again. */
  private learnFrom(error: unknown, request: ModelRequest): PromptTooLongError {
    if (!(error instanceof PromptTooLongError)) throw error;
    this.toldContext = Math.min(this.toldContext, error.contextTokens ?? Number.POSITIVE_INFINITY);
    this.estimator.learnAtLeast(textOf(request.input), error.length.counted ?? this.contextOf(request) + 1);
    return error;
  }

  /** The same failure, with the length of the prompt. */
  private explained(error: PromptTooLongError, request: ModelRequest, advice = error.advice): PromptTooLongError {
    const { contextTokens, problem, length } = error;
    const estimated = Math.ceil(this.measure(request).estimate.expected);
    return new PromptTooLongError(contextTokens, problem, advice, { ...length, estimated });
  }

  private measure(request: ModelRequest): Measure {
    return {
      estimate: this.estimator.estimate(textOf(request.input)),
      answerTokens: request.options.maxOutputTokens,
      contextTokens: this.contextOf(request),
    };
  }

  private contextOf({ options }: ModelRequest): number {
    return Math.min(options.contextTokens, this.toldContext);
  }
}

interface Measure {
  readonly estimate: TokenEstimate;
  readonly answerTokens: number;
  readonly contextTokens: number;
}

function textOf(input: ModelInput): string {
  return input.kind === 'completion' ? input.prompt : input.messages.map(({ content }) => content).join('\n');
}

/** More tokens than any chat template adds. */
const longestFrame = 128;

/** A token is a byte at least, and a UTF-16 unit three bytes at most: what is short by that needs no estimate. */
function mayBeLong({ input, options }: ModelRequest): boolean {
  return textOf(input).length * 3 + longestFrame + options.maxOutputTokens > options.contextTokens;
}

function isFilled(text: string): boolean {
  return text.trim() !== '';
}
