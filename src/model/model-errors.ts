import {
  ChoraleError,
  defineErrors,
  messageOf,
  type Remedy,
  renderRemedy,
} from '../foundation/errors/chorale-error.js';
import { nearestName } from '../foundation/text/message-text.js';

export const modelErrors = defineErrors({
  CHORALE_MODEL_UNAVAILABLE: { exitCode: 4, retryable: true, summary: 'No server answers at the host.' },
  CHORALE_MODEL_MISSING: { exitCode: 4, retryable: false, summary: 'The server does not have the model.' },
  CHORALE_MODEL_UNKNOWN: { exitCode: 4, retryable: false, summary: 'No registry has the model.' },
  CHORALE_MODEL_AUTH: { exitCode: 4, retryable: false, summary: 'The server rejects the credentials.' },
  CHORALE_MODEL_ADDRESS: { exitCode: 4, retryable: false, summary: 'The address is not that of the API.' },
  CHORALE_MODEL_BUSY: {
    exitCode: 5,
    retryable: true,
    summary: 'The server is overloaded, or a proxy waits for it (408, 425, 429, 502, 503, 504, 520 to 529).',
  },
  CHORALE_MODEL_FAILED: {
    exitCode: 5,
    retryable: true,
    summary: 'The server failed (500 and other 5xx, or an error inside an answer).',
  },
  CHORALE_MODEL_REJECTED: { exitCode: 5, retryable: false, summary: 'The server rejected the request.' },
  CHORALE_MODEL_RESPONSE: { exitCode: 5, retryable: true, summary: 'The response of the server is not an answer.' },
  CHORALE_MODEL_OVERSIZE: { exitCode: 5, retryable: false, summary: 'The server sent more than a response can need.' },
  CHORALE_MODEL_CUT_OFF: { exitCode: 5, retryable: true, summary: 'The connection ended in the middle of an answer.' },
  CHORALE_MODEL_SILENT: { exitCode: 5, retryable: true, summary: 'No first or further token came in time.' },
  CHORALE_MODEL_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One attempt took longer than it may.' },
  CHORALE_MODEL_UNRESPONSIVE: { exitCode: 4, retryable: false, summary: 'The server no longer answers any review.' },
  CHORALE_PROMPT_TOO_LONG: { exitCode: 5, retryable: false, summary: 'The prompt does not fit into the context.' },
  CHORALE_ANSWER_TRUNCATED: { exitCode: 5, retryable: 'once', summary: 'The answer was truncated at the token limit.' },
  CHORALE_ANSWER_INVALID: {
    exitCode: 5,
    retryable: 'once',
    summary: 'The answer is not one of the labels, or does not fit the fields.',
  },
  CHORALE_ANSWER_REFUSED: { exitCode: 5, retryable: false, summary: 'The model refused to answer.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof modelErrors> {}
}

/** What to do where no server answers, if nobody knows better. */
export const startOllama = 'start one with: ollama serve';

/** No server answers at the host. */
export class ModelUnavailableError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_UNAVAILABLE';
  readonly remedy: Remedy;
  constructor(
    readonly host: string,
    readonly problem: string,
    options?: { readonly cause?: unknown; readonly remedy?: Remedy | undefined },
  ) {
    const remedy = options?.remedy ?? startOllama;
    super(`no model server answers at ${host} (${problem}); ${renderRemedy(remedy)}`, options);
    this.remedy = remedy;
  }
}

/** Models that a message lists at most: a hosted service may have hundreds. */
const mostListed = 20;

/** The server does not have the model. */
export class ModelMissingError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_MISSING';
  readonly problem: string;
  constructor(
    readonly model: string,
    readonly host: string,
    /** The models of the server; null if it does not report them. */
    readonly installed: readonly string[] | null,
    readonly remedy: Remedy = pullRemedy(model, [host]),
  ) {
    const isListed = installed?.some((name) => taggedName(name) === taggedName(model));
    const problem = isListed
      ? `${host} contradicts itself: it says that it has no model '${model}', and lists it as installed`
      : `${host} has no model '${model}'${probablyMeant(model, installed ?? [])}${listOf(installed)}`;
    super(`${problem}; ${isListed ? 'restart that server' : renderRemedy(remedy)}`);
    this.problem = problem;
  }
}

/** How to get a model onto Ollama servers: with Ollama's own client where the server is the one of this machine. */
export function pullRemedy(model: string, hosts: readonly string[]): Remedy {
  const isOwn = hosts.every((host) => /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):11434$/.test(host));
  if (isOwn) return `get it with: ollama pull ${model}`;
  return [`get it with: chorale pull ${model}`, ...hosts.flatMap((value) => [' ', { option: 'host', value }])];
}

/** A name without a tag means the latest. */
export function taggedName(name: string): string {
  return (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
}

/** The nearest installed name; another tag of the same model is nearer than anything else. */
function probablyMeant(model: string, installed: readonly string[]): string {
  const family = (name: string) => taggedName(name).replace(/:[^/:]*$/, '');
  const nearestFamily = nearestName(family(model), installed.map(family));
  const relatives = installed.filter((name) => family(name) === nearestFamily);
  const nearest = nearestName(model, relatives) ?? relatives[0] ?? null;
  return nearest === null ? '' : ` (did you mean '${nearest}'?)`;
}

function listOf(installed: readonly string[] | null): string {
  if (installed === null) return '';
  const more = installed.length > mostListed ? ` and ${installed.length - mostListed} more` : '';
  return `; installed: ${installed.slice(0, mostListed).join(', ') || 'none'}${more}`;
}

/** The server wants other credentials, or some at all. */
export class ModelAuthError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_AUTH';
  constructor(
    readonly host: string,
    /** 401 or 403. */
    readonly status: number,
    readonly problem: string,
    readonly remedy: Remedy,
  ) {
    super(`${host} denies access (HTTP ${status}: ${problem}); ${renderRemedy(remedy)}`);
  }
}

/** The address is that of something else: of another path than the API's, or of a server that redirects elsewhere. */
export class ModelAddressError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_ADDRESS';
  constructor(
    readonly host: string,
    /** What is there, as in `redirects to https://elsewhere.example`. */
    readonly problem: string,
    /** With the right address where one is known. */
    readonly remedy: string,
  ) {
    super(`${host} ${problem}; ${remedy}`);
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
    /** How long the server asks to wait, in milliseconds; null if it did not say. */
    readonly retryAfterMs: number | null,
  ) {
    super(`the server is busy (HTTP ${status}: ${problem})`);
  }
}

/** The server failed while it worked on the request, as when its runner crashed: it may be well again by now. */
export class ModelFailedError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_FAILED';
  constructor(
    /** HTTP status; 200 for an error inside an answer. */
    readonly status: number,
    readonly problem: string,
    readonly retryAfterMs: number | null = null,
  ) {
    super(`the server failed (HTTP ${status}: ${problem})`);
  }
}

/** The server rejected the request: sending it again would not help. */
export class ModelRejectedError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_REJECTED';
  constructor(
    /** HTTP status. */
    readonly status: number,
    readonly problem: string,
    /** What to do, where more than the problem is known. */
    advice?: string,
  ) {
    super(`the server rejected the request (HTTP ${status}: ${problem})${advice === undefined ? '' : `; ${advice}`}`);
  }
}

/** The response of the server is not an answer. */
export class ModelResponseError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_RESPONSE';
  constructor(
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`the response is not an answer of a model server: ${problem}`, options);
  }
}

/** The server sent far more than a response can need, and was disconnected. */
export class ModelOversizeError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_OVERSIZE';
  constructor(
    /** The limit, in bytes. */
    readonly mostBytes: number,
  ) {
    super(
      `the server sent more than ${Math.round(mostBytes / 1_024)} KB for one response, more than it can need, and was ` +
        'disconnected; look into its log, or take another model',
    );
  }
}

/** The connection ended in the middle of an answer. */
export class ModelCutOffError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_CUT_OFF';
  constructor(options?: { readonly cause?: unknown }) {
    super('the connection ended before the answer was complete', options);
  }
}

/** No first token came in time, or the answer stalled after it had begun. */
export class ModelSilentError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_SILENT';
  constructor(
    readonly afterMs: number,
    /** What did not come. @default first */
    readonly token: 'first' | 'further' = 'first',
  ) {
    super(`no ${token} token within ${afterMs} ms`);
  }
}

/** One attempt took longer than it may. */
export class ModelTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_TIMEOUT';
  constructor(readonly afterMs: number) {
    super(`the server did not finish within ${afterMs} ms`);
  }
}

/** No review of a run is answered any more. */
export class ModelUnresponsiveError extends ChoraleError {
  readonly code = 'CHORALE_MODEL_UNRESPONSIVE';
  constructor(
    /** Since the last answer, or the beginning of the run, in milliseconds. */
    readonly silentMs: number,
    /** Reviews in a row without an answer. */
    readonly reviews: number,
    options?: { readonly cause?: unknown },
  ) {
    const problem = options?.cause === undefined ? '' : `: ${messageOf(options.cause)}`;
    super(
      `no review was answered for ${Math.round(silentMs / 1_000)} s (${reviews} in a row${problem}), and the run was ` +
        'stopped; look into the log of the server, or give each review more time, and run the same command again: it resumes',
      options,
    );
  }
}

/** Length of the prompt, in tokens; null if it is not known. */
export interface PromptLength {
  /** As the server counts it. */
  readonly counted: number | null;
  /** As it was estimated, where the server did not count it. */
  readonly estimated: number | null;
}

const unknownLength: PromptLength = { counted: null, estimated: null };

/** The prompt does not fit into the context of the model. */
export class PromptTooLongError extends ChoraleError {
  readonly code = 'CHORALE_PROMPT_TOO_LONG';
  constructor(
    /** Context window, in tokens; null if the server sets it and does not report it. */
    readonly contextTokens: number | null,
    readonly problem: string,
    /** What to do besides shortening the review. @default raise the context window */
    readonly remedy: Remedy = 'raise contextTokens in the prompt file',
    readonly length: PromptLength = unknownLength,
  ) {
    const { counted, estimated } = length;
    const tokens = counted ?? (estimated === null ? null : `about ${estimated}`);
    const prompt = tokens === null ? 'the prompt' : `the prompt of ${tokens} tokens`;
    const context = contextTokens === null ? 'the context' : `the context of ${contextTokens} tokens`;
    super(`${prompt} does not fit into ${context} (${problem}); shorten the review or ${renderRemedy(remedy)}`);
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
    /** The model had not ended thinking. @default false */
    readonly whileThinking = false,
  ) {
    const after = `${maxTokens} token${maxTokens === 1 ? '' : 's'}`;
    super(
      whileThinking
        ? `the model was still thinking when it was cut after ${after}; take a model that does not think, or that the server can keep from it, or raise maxOutputTokens in the prompt file`
        : `the answer was cut after ${after}; raise maxOutputTokens in the prompt file`,
    );
  }
}

/** The answer does not have the requested form. */
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

/** The model refused to answer. */
export class AnswerRefusedError extends ChoraleError {
  readonly code = 'CHORALE_ANSWER_REFUSED';
  constructor(
    /** What it said, for people who may see it; never part of the message. */
    readonly answer: string,
  ) {
    super('the model refused to answer');
  }
}
