import { z } from 'zod';
import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type AttemptLimits, attemptWithin, checkWithin, completeLimits } from '../http/attempt.js';
import { type Connections, type Fetch, openConnections, send } from '../http/connections.js';
import { readExplanation } from '../http/explanation.js';
import { contentTypeOf, isAuth, passingError, readText, requireJson } from '../http/http-errors.js';
import { readAddress } from '../http/read-address.js';
import { answerBytes } from '../http/response-size.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelAddressError, ModelAuthError, ModelRejectedError, ModelUnavailableError } from '../model-errors.js';
import { readResult, type ServiceResult } from './read-result.js';

/** Options of `httpService`. */
export interface HttpServiceOptions {
  /** Address of the service, without `/api/process`. */
  readonly host: string;
  /** Sent with each text, for services that have several models. @default none */
  readonly model?: string | undefined;
  /** Longest wait until the service begins to answer, in milliseconds. @default none: the time of a text is the limit */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Longest pause within an answer that has begun, in milliseconds. @default what the caller of `ask` says */
  readonly idleTimeoutMs?: number | undefined;
  /** Longest time for one attempt, in milliseconds. @default none */
  readonly totalTimeoutMs?: number | undefined;
  /** Sends the requests. @default undici's fetch, with its header and body timeouts off */
  readonly fetch?: Fetch | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
}

const path = '/api/process';

const advice = {
  unreachable: 'start your service, or correct --host',
  unhealthy: 'look into the log of your service',
  credentials: 'write the credentials into the address, as in --host http://name:password@host',
  noRoute: `the service must answer POST ${path} (docs/http-provider.md)`,
};

/** Statuses of services that have no health check. */
const noSuchRoute = new Set([404, 405, 501]);

const healthSchema = z.object({ version: z.string().min(1) });

/**
 * A service of the user's own: it gets each text with the labels as JSON, at `POST /api/process`, and answers with a
 * label (docs/http-provider.md). `GET /health` is asked first, where there is one.
 * @throws InvalidOptionError when the host is no address, or a limit is no positive number
 */
export function httpService(options: HttpServiceOptions): Model {
  if (options.model?.trim() === '') throw new InvalidOptionError('model', 'the name of a model', options.model);
  return new HttpServiceModel(options);
}

class HttpServiceModel implements Model {
  readonly provider = 'http';
  readonly caveat = null;
  readonly name: string;
  private readonly connections: Connections;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;

  /** It is given the text itself; how much of one it takes is its own affair. */
  readonly readsPrompt = false;

  constructor(private readonly options: HttpServiceOptions) {
    this.clock = options.clock ?? nodeRuntime;
    this.limits = completeLimits(options);
    this.connections = openConnections(serviceUrl(options.host), options.fetch, advice.unreachable);
    this.name = options.model ?? this.connections.url;
  }

  async prepare(_sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    return checkWithin(this.clock, this.connections, call.signal, async (signal) => {
      const response = await this.request('/health', { signal });
      if (!response.ok && !noSuchRoute.has(response.status)) throw await this.unhealthy(response);
      if (response.ok && contentTypeOf(response).includes('html')) throw this.isWebPage();
      const health = healthSchema.safeParse(await response.json().catch(() => undefined));
      return { serverVersion: response.ok && health.success ? health.data.version : null, loadMs: null };
    });
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    return attemptWithin(this.limits, this.clock, call, async ({ signal, heard, elapsedMs }) => {
      const body = JSON.stringify(questionOf(request, this.options.model));
      await call.onSend?.(this.connections.url);
      const mostBytes = answerBytes(request, request.options.maxOutputTokens);
      const response = await this.request(path, { method: 'POST', body, signal }, mostBytes);
      if (!response.ok) throw await this.refused(response);
      requireJson(response, `a service that answers POST ${path}`);
      return answerOf(readResult(await readText(response, heard)), request, elapsedMs());
    });
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  private request(route: string, init: RequestInit, mostBytes?: number): Promise<Response> {
    const { url } = this.connections;
    const headers = {
      ...this.connections.headers,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      accept: 'application/json',
    };
    return send(this.connections, `${url}${route}`, { ...init, headers }, mostBytes);
  }

  private async unhealthy(response: Response): Promise<Error> {
    const { url } = this.connections;
    const { problem } = await readExplanation(response);
    if (isAuth(response.status)) return new ModelAuthError(url, response.status, problem, advice.credentials);
    const found = `GET /health: HTTP ${response.status}: ${problem}`;
    const cause = passingError(response, problem, this.clock.wallTime());
    return new ModelUnavailableError(url, found, { advice: advice.unhealthy, cause });
  }

  private isWebPage(): ModelAddressError {
    const { url } = this.connections;
    return new ModelAddressError(url, 'answers GET /health with a web page', 'check its port and its path');
  }

  private async refused(response: Response): Promise<Error> {
    const { status } = response;
    const { problem } = await readExplanation(response);
    if (isAuth(status)) return new ModelAuthError(this.connections.url, status, problem, advice.credentials);
    const passing = passingError(response, problem, this.clock.wallTime());
    return passing ?? new ModelRejectedError(status, problem, noSuchRoute.has(status) ? advice.noRoute : undefined);
  }
}

/** The address without the path of a question, which people may have written too. */
function serviceUrl(host: string): string {
  const { url } = readAddress(host, 'host', 'http://127.0.0.1:8000');
  const credentials = url.username || url.password ? `${url.username}:${url.password}@` : '';
  const base = url.pathname.replace(/\/+$/, '').replace(new RegExp(`${path}$`), '');
  return `${url.protocol}//${credentials}${url.host}${base}`;
}

function questionOf({ subject, labels, input }: ModelRequest, model: string | undefined) {
  return {
    text: subject,
    labels,
    prompt: input.kind === 'chat' ? input.messages : input.prompt,
    ...(model === undefined ? {} : { model }),
  };
}

function answerOf(result: ServiceResult, request: ModelRequest, totalMs: number): ModelAnswer {
  const { label, confidence, rationale, usage } = result;
  const text = request.schema?.type === 'object' ? JSON.stringify({ sentiment: label }) : label;
  return {
    text,
    finishReason: 'stop',
    usage,
    durations: { totalMs, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
    confidence,
    rationale,
  };
}
