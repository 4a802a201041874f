import { ChoraleError } from './chorale-error.js';

/** No server answers at the host. */
export class ModelUnavailableError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_UNAVAILABLE';
  constructor(
    readonly host: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`no model server answers at ${host} (${problem}); start one with: ollama serve`, options);
  }
}

/** The server does not have the model. */
export class ModelMissingError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_MISSING';
  constructor(
    readonly model: string,
    readonly host: string,
    readonly installed: readonly string[] | null,
  ) {
    const there = installed === null ? '' : `; installed: ${installed.length === 0 ? 'none' : installed.join(', ')}`;
    super(`${host} has no model '${model}'${there}; get it with: ollama pull ${model}`);
  }
}

/** The registry from which a server downloads does not have the model. */
export class ModelUnknownError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_UNKNOWN';
  constructor(
    readonly model: string,
    readonly host: string,
    readonly problem: string,
  ) {
    super(`${host} finds no model '${model}' to download (${problem}); look its name up: https://ollama.com/library`);
  }
}

/** The server is overloaded and says so. */
export class ModelBusyError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_BUSY';
  constructor(
    readonly status: number,
    readonly problem: string,
    /** How long the server asks to wait, in milliseconds; null where it did not say. */
    readonly retryAfterMs: number | null,
  ) {
    super(`the server is busy (HTTP ${status}: ${problem})`);
  }
}

/** The server refused the request: sending it again would not help. */
export class ModelRejectedError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_REJECTED';
  constructor(
    /** HTTP status; 200 for an error inside a stream. */
    readonly status: number,
    readonly problem: string,
  ) {
    super(`the server refused the request (HTTP ${status}: ${problem})`);
  }
}

/** The server sent something that is no answer. */
export class ModelResponseError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_RESPONSE';
  constructor(
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`the response is no answer of a model server: ${problem}`, options);
  }
}

/** The connection ended in the middle of an answer. */
export class ModelCutOffError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_CUT_OFF';
  constructor(options?: { readonly cause?: unknown }) {
    super('the connection ended before the answer was complete', options);
  }
}

/** No first token came in time. */
export class ModelSilentError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_SILENT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`no first token within ${afterMs} ms`);
  }
}

/** One attempt took longer than it may. */
export class ModelTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_TIMEOUT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`the server did not finish within ${afterMs} ms`);
  }
}

/** The prompt does not fit into the context of the model. */
export class PromptTooLongError extends ChoraleError {
  readonly code = 'CHORALE_PROMPT_TOO_LONG';
  constructor(
    /** Context length asked for, in tokens. */
    readonly contextTokens: number,
    readonly problem: string,
  ) {
    super(
      `the prompt does not fit into the context of ${contextTokens} tokens (${problem}); shorten the review or raise contextTokens in the prompt file`,
    );
  }
}

/** The answer was cut at the token limit before it was complete. */
export class AnswerTruncatedError extends ChoraleError {
  readonly code = 'CHORALE_ANSWER_TRUNCATED';
  constructor(
    /** Limit of the answer, in tokens. */
    readonly maxTokens: number,
    /** What came, for people who may see it; never part of the message. */
    readonly answer: string,
  ) {
    super(
      `the answer was cut after ${maxTokens} token${maxTokens === 1 ? '' : 's'}; raise maxOutputTokens in the prompt file`,
    );
  }
}

/** The answer is not what was asked for. */
export class AnswerInvalidError extends ChoraleError {
  readonly code = 'CHORALE_ANSWER_INVALID';
  constructor(
    readonly problem: string,
    /** What came, for people who may see it; never part of the message. */
    readonly answer: string,
  ) {
    super(`the answer ${problem}`);
  }
}
