import * as z from 'zod';
import { optionalText } from '../http/answer-fields.js';
import { ModelMissingError, ModelRejectedError, ModelResponseError, taggedName } from '../model-errors.js';
import { type OllamaApi, requestObject } from './ollama-client.js';
import { type ThinkingFacts, thinkingLevels } from './think-switch.js';

/** What a server reports about a model before the first request. */
export interface ModelFacts extends ThinkingFacts {
  /** Its maximum context window, in tokens; null if the server does not report it. */
  readonly contextTokens: number | null;
  /** Its capabilities, in the server's words; null if the server does not report it. */
  readonly capabilities: readonly string[] | null;
}

/** A model that a server has in its memory. */
export interface LoadedModel {
  /** Share of it that is in the memory of a GPU, 0 to 1; null if the server does not report it. */
  readonly gpuShare: number | null;
  /** Context window for all concurrent requests together, in tokens; null if the server does not report it. */
  readonly contextTokens: number | null;
}

/** A model that a server can load. */
export interface InstalledModel {
  readonly name: string;
  /** Number of its parameters; null if the server does not report it. */
  readonly parameters: number | null;
  /** It is in the server's memory already. */
  readonly loaded: boolean;
  /** It computes on another machine, to which the server would send the reviews. */
  readonly remote: boolean;
}

const versionBody = z.object({ version: z.string() });
const installedModel = z.object({
  name: z.string(),
  digest: optionalText,
  details: z.object({ parameter_size: optionalText }).nullish().catch(null),
  remote_host: optionalText,
  remote_model: optionalText,
});
const tagsBody = z.object({ models: z.array(installedModel).nullish() });
const number = z.number().nullish().catch(null);
const loadedModel = z.object({ name: z.string(), size: number, size_vram: number, context_length: number });
const psBody = z.object({ models: z.array(loadedModel).nullish() });
const showBody = z.object({
  capabilities: z.array(z.string()).nullish(),
  model_info: z.record(z.string(), z.unknown()).nullish(),
  details: z.object({ family: z.string().nullish() }).nullish().catch(undefined),
  thinking: z
    .object({ values: z.array(z.unknown()) })
    .nullish()
    .catch(undefined),
});

/** @throws ModelResponseError if this is not an Ollama server */
export async function readVersion(api: OllamaApi, signal: AbortSignal): Promise<string> {
  return read(versionBody, await requestObject(api, '/api/version', { signal })).version;
}

/** @throws ModelMissingError */
export async function readModelFacts(api: OllamaApi, model: string, signal: AbortSignal): Promise<ModelFacts> {
  const shown = await requestObject(api, '/api/show', { signal, body: { model } }).catch(async (error: unknown) => {
    throw await withInstalled(error, api, model, signal);
  });
  const { capabilities, model_info: info, details, thinking } = read(showBody, shown);
  const contextTokens = info?.[`${info['general.architecture']}.context_length`];
  return {
    thinks: capabilities?.includes('thinking') ?? false,
    capabilities: capabilities ?? null,
    leastThinking: leastOf(thinking?.values ?? (isGptOss(details?.family) ? thinkingLevels : [false])),
    contextTokens: typeof contextTokens === 'number' && contextTokens > 0 ? contextTokens : null,
  };
}

/**
 * The server's digest of an installed model; null if the server does not report it, for example behind a proxy without
 * model lists.
 */
export async function readDigest(api: OllamaApi, model: string, signal: AbortSignal): Promise<string | null> {
  const installed = await listInstalled(api, signal).catch(() => null);
  return installed?.find(({ name }) => taggedName(name) === taggedName(model))?.digest ?? null;
}

/**
 * The models that a server has, in its own order.
 * @throws ModelUnavailableError, ModelResponseError if this is not an Ollama server
 */
export async function readInstalledModels(api: OllamaApi, signal: AbortSignal): Promise<readonly InstalledModel[]> {
  const installed = await listInstalled(api, signal);
  // Only the choice among several depends on it.
  const loaded = await listLoaded(api, signal).catch(() => []);
  const loadedNames = new Set(loaded.map(({ name }) => name));
  return installed.map(({ name, details, remote_host: host, remote_model: model }) => ({
    name,
    parameters: countOf(details?.parameter_size),
    loaded: loadedNames.has(name),
    remote: Boolean(host || model),
  }));
}

/** What the server says of a model that it has loaded; undefined if it has not. */
export async function readLoadedModel(api: OllamaApi, model: string, signal: AbortSignal) {
  const found = (await listLoaded(api, signal)).find(({ name }) => taggedName(name) === taggedName(model));
  if (!found) return undefined;
  const { size, size_vram: inGpu, context_length: contextTokens } = found;
  const gpuShare = !size || inGpu == null ? null : Math.min(1, inGpu / size);
  return { gpuShare, contextTokens: contextTokens ?? null } satisfies LoadedModel;
}

/** The rejection of a model that is not there becomes an error that lists the installed ones; others stay as they are. */
export async function withInstalled(
  error: unknown,
  api: OllamaApi,
  model: string,
  signal: AbortSignal,
  remedy?: string,
): Promise<unknown> {
  if (!(error instanceof ModelRejectedError) || error.status !== 404 || !/model/i.test(error.problem)) return error;
  const installed = await listInstalled(api, signal).catch(() => null);
  return new ModelMissingError(model, api.connections.url, installed?.map(({ name }) => name) ?? null, remedy);
}

async function listInstalled(api: OllamaApi, signal: AbortSignal) {
  const listed = tagsBody.safeParse(await requestObject(api, '/api/tags', { signal }));
  if (!listed.success) throw new ModelResponseError('it lists no models; is this an Ollama server?');
  return listed.data.models ?? [];
}

async function listLoaded(api: OllamaApi, signal: AbortSignal) {
  return read(psBody, await requestObject(api, '/api/ps', { signal })).models ?? [];
}

/** Nothing where it can be nothing, else the lowest level. */
function leastOf(values: readonly unknown[]): ModelFacts['leastThinking'] {
  return values.includes(false) ? false : (thinkingLevels.find((level) => values.includes(level)) ?? false);
}

/** The family that only has levels and ignores `false`: older servers do not report this. */
function isGptOss(family: string | null | undefined): boolean {
  return family === 'gptoss' || family === 'gpt-oss';
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  throw new ModelResponseError('it lacks what Ollama says here; is this an Ollama server?');
}

/** Units of parameter sizes. */
const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/** `134.52M` as a number; null if it is none. */
function countOf(size: string | null | undefined): number | null {
  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMBT]?)\s*$/i.exec(size ?? '') ?? [];
  const factor = units[unit.toUpperCase()];
  return digits === undefined || factor === undefined ? null : Number(digits) * factor;
}
