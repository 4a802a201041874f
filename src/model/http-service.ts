import * as z from 'zod';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { tryParseJson } from '../foundation/lossless-json.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { addressText, readAddress } from './http/address.js';
import { optionalCount, optionalText } from './http/answer-fields.js';
import {
  type AttemptLimits,
  attemptWithin,
  completeLimits,
  type HttpModelOptions,
  httpOptions,
} from './http/attempt-timeouts.js';
import { type Connections, openConnections, type Remedies, sendJson } from './http/connections.js';
import { explanationIn, readExplanation } from './http/explanation.js';
import { type HttpResponse, readText } from './http/http-response.js';
import { answerBytes, contentTypeOf, requireJson } from './http/response-body.js';
import { checkWithin } from './http/start-checks.js';
import { errorInAnswer, errorOfStatus, isAuth, isNoRoute, passingError } from './http/status-errors.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from './model.js';
import { ModelAddressError, ModelResponseError, ModelUnavailableError } from './model-errors.js';

/** Options of `httpService`. */
export interface HttpServiceOptions extends HttpModelOptions {
  /** Address of the service, without `/api/process`. */
  readonly host: string;
  /** Sent with each text, for services that have several models. @default none */
  readonly model?: string | undefined;
}

const optionNames: OptionNames<HttpServiceOptions> = { ...httpOptions, host: true, model: true };

const path = '/api/process';

const remedies: Remedies = {
  unreachable: ['start your service, or correct ', { option: 'host' }],
  credentials: [
    'write the credentials into the address, as in ',
    { option: 'host', value: 'http://name:password@host' },
  ],
};

const healthSchema = z.object({ version: z.string().min(1) });

/** What a service answers; what it need not say is null if it says it wrongly. */
const resultSchema = z.object({
  label: optionalText,
  sentiment: optionalText,
  confidence: z.number().min(0).max(1).nullish().catch(null),
  rationale: optionalText,
  usage: z.object({ prompt_tokens: optionalCount, completion_tokens: optionalCount }).nullish().catch(null),
});

/**
 * A service of the user's own: it gets each text with the labels as JSON, at `POST /api/process`, and answers with a
 * label (docs/http-provider.md). `GET /health` comes first, where there is one.
 * @throws InvalidOptionError when the host is not an address, or a limit is not a positive number
 */
export function httpService(options: HttpServiceOptions): Model {
  requireKnown('httpService', options, optionNames);
  return new HttpServiceModel(options);
}

class HttpServiceModel implements Model {
  readonly provider = 'http';
  readonly caveat = null;
  readonly name: string;
  /** The service gets the text itself; how much of one it takes is its own affair. */
  readonly readsPrompt = false;
  private readonly connections: Connections;
  private readonly clock: Runtime;
  private readonly limits: AttemptLimits;

  constructor(private readonly options: HttpServiceOptions) {
    this.clock = options.clock ?? nodeRuntime;
    this.limits = completeLimits(options);
    this.connections = openConnections(serviceUrl(options.host), remedies, options.fetch);
    this.name = options.model ?? this.connections.url;
  }

  async prepare(_sample: ModelRequest, call: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    call.signal.throwIfAborted();
    const { url } = this.connections;
    return checkWithin(this.clock, this.connections, call.signal, async (signal) => {
      const response = await sendJson(this.connections, '/health', { signal });
      if (!response.ok && !isNoRoute(response.status)) throw await this.unhealthy(response);
      if (response.ok && contentTypeOf(response).includes('html')) {
        throw new ModelAddressError(url, 'answers GET /health with a web page', 'check its port and its path');
      }
      const health = healthSchema.safeParse(tryParseJson(await readText(response).catch(() => '')));
      return { serverVersion: response.ok && health.success ? health.data.version : null, loadMs: null };
    });
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    return attemptWithin(this.limits, this.clock, call, async ({ signal, heard, elapsedMs }) => {
      await call.onSend?.(this.connections.url);
      const mostBytes = answerBytes(request, request.options.maxOutputTokens);
      const body = bodyOf(request, this.options.model);
      const response = await sendJson(this.connections, path, { body, signal }, mostBytes);
      if (!response.ok) {
        const { problem } = await readExplanation(response);
        const remedy = `the service must answer POST ${path} (docs/http-provider.md)`;
        const advice = isNoRoute(response.status) ? remedy : undefined;
        throw errorOfStatus(response, problem, this.connections, this.clock.wallTime(), advice);
      }
      requireJson(response, `a service that answers POST ${path}`);
      return readResult(await readText(response, heard), request, elapsedMs(), this.connections.secrets);
    });
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  private async unhealthy(response: HttpResponse): Promise<Error> {
    const { problem } = await readExplanation(response);
    if (isAuth(response.status)) return errorOfStatus(response, problem, this.connections, this.clock.wallTime());
    const found = `GET /health: HTTP ${response.status}: ${problem}`;
    const cause = passingError(response, problem, this.clock.wallTime());
    const remedy = 'look into the log of your service';
    return new ModelUnavailableError(this.connections.url, found, { remedy, cause });
  }
}

/** The address without the path of a request, which people may have written too. */
function serviceUrl(host: string): string {
  const { url } = readAddress(host, 'http://127.0.0.1:8000');
  return addressText(url, url.pathname.replace(/\/+$/, '').replace(new RegExp(`${path}$`), ''));
}

function bodyOf({ subject, labels, input }: ModelRequest, model: string | undefined) {
  return {
    text: subject,
    labels,
    prompt: input.kind === 'chat' ? input.messages : input.prompt,
    ...(model === undefined ? {} : { model }),
  };
}

/** Whether the label is one of the labels is checked elsewhere. */
function readResult(sent: string, request: ModelRequest, totalMs: number, secrets: readonly string[]): ModelAnswer {
  const body = tryParseJson(sent);
  if (body === undefined) throw new ModelResponseError('not JSON');
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
    throw errorInAnswer(explanationIn(body, secrets)?.problem ?? 'no explanation');
  }
  const { data } = resultSchema.safeParse(body);
  const label = data?.label ?? data?.sentiment ?? undefined;
  if (!data || label === undefined) {
    throw new ModelResponseError('not an object with a text "label" or "sentiment" (docs/http-provider.md)');
  }
  const { confidence, rationale, usage } = data;
  return {
    text: request.schema?.type === 'object' ? JSON.stringify({ [request.labelKey ?? 'sentiment']: label }) : label,
    finishReason: 'stop',
    usage: { promptTokens: usage?.prompt_tokens ?? null, completionTokens: usage?.completion_tokens ?? null },
    durations: { totalMs, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
    confidence: confidence ?? undefined,
    rationale: rationale ?? undefined,
  };
}
