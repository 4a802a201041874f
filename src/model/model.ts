/** One message of a chat. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What the model reads: a chat, or a text that it completes as it stands, without a chat template. */
export type ModelInput =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'completion'; readonly prompt: string };

/** How the answer is generated. Constant in a run: a changed context length makes a server load the model anew. */
export interface GenerationOptions {
  /** Limit of the answer, in tokens. */
  readonly maxOutputTokens: number;
  /** Context length, prompt and answer together, in tokens. */
  readonly contextTokens: number;
  readonly temperature: number;
  readonly seed: number;
  /** Texts that end the answer and are not part of it. */
  readonly stopSequences: readonly string[];
}

/** A JSON schema, as data. */
export type JsonSchema = { readonly [key: string]: unknown };

/** One request to a model. */
export interface ModelRequest {
  readonly input: ModelInput;
  /** The text to classify, for models that read no prompt (a lexicon). */
  readonly subject: string;
  /** The labels among which the answer is, for models that read no prompt. */
  readonly labels: readonly string[];
  readonly options: GenerationOptions;
  /** The shape of the answer, where it is JSON. */
  readonly schema?: JsonSchema | undefined;
  /** Where the answer is an object: the key of the label in it. @default sentiment */
  readonly labelKey?: string | undefined;
  /** Alternatives wanted per generated token, 0 to 20; absent: no probabilities. */
  readonly topLogprobs?: number | undefined;
}

/** A token with its natural-log probability. */
export interface TokenProbability {
  readonly token: string;
  readonly logprob: number;
  /** Its bytes, where they are not the UTF-8 of `token`: a token may end inside a character. */
  readonly bytes?: readonly number[] | undefined;
}

/** A generated token, and the likeliest alternatives at its place, which may include itself. */
export interface TokenLogprob extends TokenProbability {
  readonly alternatives: readonly TokenProbability[];
}

/** Times in milliseconds, as the server reports them; null if it does not. `totalMs` is always measured here. */
export interface ModelDurations {
  readonly totalMs: number;
  readonly firstTokenMs: number | null;
  /** Waiting before the work began: total − load − prompt − generation. */
  readonly queueMs: number | null;
  readonly loadMs: number | null;
}

/** Tokens as the server reports them; null if it does not. */
export interface ModelUsage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** One answer, as it came: nothing is validated yet. */
export interface ModelAnswer {
  readonly text: string;
  /** The model produced reasoning before the answer; the text is without it. @default false */
  readonly thought?: boolean | undefined;
  /** `stop`: complete; `length`: truncated at the output budget. */
  readonly finishReason: 'stop' | 'length' | 'other';
  readonly usage: ModelUsage;
  readonly durations: ModelDurations;
  /**
   * One entry per generated token, without the tokens of a wrapping that an adapter removed; null if
   * the server gives no probabilities.
   */
  readonly logprobs: readonly TokenLogprob[] | null;
  /** How sure the provider itself says it is, 0 to 1; undefined if it does not. */
  readonly confidence?: number | undefined;
  /** Why it says what it says, where that is not in the text. */
  readonly rationale?: string | undefined;
}

/** What `prepare` found out about the model. */
export interface ModelInfo {
  /** Version of the server; null if there is none. */
  readonly serverVersion: string | null;
  /** Time that loading the model took, in milliseconds (a few where it was loaded already); null if there is none. */
  readonly loadMs: number | null;
  /**
   * What tells this model from another one of the same name: of a server its digest of the weights, of several servers
   * all that differ. Null or absent where nobody tells.
   */
  readonly digest?: string | null | undefined;
}

/** One call of `ask`. */
export interface ModelCall {
  readonly signal: AbortSignal;
  /**
   * Awaited before the request is sent, with the server's address, by models that may send one request to several
   * servers (a pool); the others need not call it.
   */
  readonly onSend?: ((server: string) => Promise<void>) | undefined;
  /** Longest pause within an answer that has begun, in milliseconds; a limit of the model's own goes before. @default none */
  readonly idleTimeoutMs?: number | undefined;
  /** Called when an answer begins, and with each further piece of it, by models that hear of pieces. */
  readonly onPiece?: (() => void) | undefined;
  /** What is known of the prompt's length beforehand, in tokens, so that a prompt that the server truncated is found. */
  readonly promptTokens?: { readonly atLeast: number; readonly atMost: number } | undefined;
}

/**
 * Something that answers requests. Every adapter obeys the same contract suite (`modelContract` of `chorale/testing`):
 * errors are classes of the catalogue, an abort rejects at once with the signal's reason, and nothing is printed.
 */
export interface Model {
  /** The provider: `ollama`, `openai`, `http`, `lexicon`, … */
  readonly provider: string;
  readonly name: string;
  /** What people should know before they believe the answers; null when there is nothing. */
  readonly caveat: string | null;
  /** False if it classifies the subject itself and reads no prompt, so that no text is too long. @default true */
  readonly readsPrompt?: boolean | undefined;
  /** True if the same text has the same answer whatever the seed, so that nobody asks again. @default false */
  readonly isDeterministic?: boolean | undefined;
  /**
   * Runs `work`, which calls `ask` once, as soon as a server has room for it, in the order of the calls.
   * @default at once
   * @throws the signal's reason as soon as it is aborted while waiting; then `work` has not begun
   */
  admit?<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R>;
  /**
   * Checks that it can answer these requests, and loads it.
   * @throws ModelUnavailableError, ModelMissingError, ModelAuthError, InvalidOptionError
   */
  prepare(sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo>;
  /**
   * Health check of the server, where one does not wait for its other work.
   * @throws what `ask` throws where it is not
   */
  ping?(call: { readonly signal: AbortSignal }): Promise<void>;
  /** Answers one request with one attempt. */
  ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer>;
  /** Prefetch hint: texts that will probably be requested soon. May be ignored. */
  prefetch?(subjects: readonly string[]): void;
  /** Metrics of each server since the model was made, where several may answer. */
  metrics?(): readonly HostMetrics[];
  /** Closes the connections. */
  close(): Promise<void>;
}

/** What one of several servers did so far. The names are those of `--json`; times in milliseconds. */
export interface HostMetrics {
  readonly server: string;
  /** Whether it gets requests now. */
  readonly up: boolean;
  /** It gets no more requests in this run: `problem` says why. */
  readonly excluded?: true;
  readonly answered: number;
  /** Requests that it failed; those that failed over to another server are among them. */
  readonly failed: number;
  /** Its share of all answers, 0 to 1; 0 if there are none. */
  readonly share: number;
  /** From sending a request to its answer; null if there is none. Quantiles are within 1 %. */
  readonly latency_ms: { readonly mean: number | null; readonly p50: number | null; readonly p95: number | null };
  readonly in_flight_max: number;
  /** Requests that it may have at once, where that is limited. */
  readonly limit?: number;
  readonly down_count: number;
  readonly down_ms: number;
  /** Why it was down the last time; null if it never was. */
  readonly problem: string | null;
}
