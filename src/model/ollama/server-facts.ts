import type { Ollama } from 'ollama';
import { z } from 'zod';
import { ModelMissingError, ModelRejectedError, ModelResponseError } from '../model-errors.js';
import { type ThinkingFacts, thinkingLevels } from './think-switch.js';

/** What a server tells about a model before it is asked anything. */
export interface ModelFacts extends ThinkingFacts {
  /** The longest context that it was made for, in tokens; null where the server does not tell. */
  readonly contextTokens: number | null;
  /** What it can do, in the server's words; null where the server does not tell. */
  readonly capabilities: readonly string[] | null;
}

/** A model that a server has in its memory. */
export interface LoadedModel {
  /** Share of it that is in the memory of a GPU, 0 to 1; null where the server does not tell. */
  readonly gpuShare: number | null;
  /** Context length for all that it works on at once, in tokens; null where the server does not tell. */
  readonly contextTokens: number | null;
}

const versionBody = z.object({ version: z.string() });
const tagsBody = z.object({
  models: z.array(z.object({ name: z.string(), digest: z.string().nullish().catch(undefined) })).nullish(),
});
const psBody = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        size: z.number().optional(),
        size_vram: z.number().optional(),
        context_length: z.number().optional(),
      }),
    )
    .nullish(),
});
const showBody = z.object({
  capabilities: z.array(z.string()).nullish(),
  model_info: z.record(z.string(), z.unknown()).nullish(),
  details: z.object({ family: z.string().nullish() }).nullish().catch(undefined),
  thinking: z
    .object({ values: z.array(z.unknown()) })
    .nullish()
    .catch(undefined),
});

/**
 * The server's version.
 * @throws ModelResponseError when it is no Ollama server
 */
export async function readVersion(client: Ollama): Promise<string> {
  return read(versionBody, await client.version()).version;
}

/**
 * Looks a model up.
 * @param host names the server in errors
 * @throws ModelMissingError
 */
export async function readModelFacts(client: Ollama, model: string, host: string): Promise<ModelFacts> {
  const shown = await client.show({ model }).catch(async (error: unknown) => {
    throw await withInstalled(error, client, model, host);
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

/** The server's digest of an installed model; null where it does not tell, as behind a proxy that knows no lists. */
export async function readDigest(client: Ollama, model: string): Promise<string | null> {
  const listed = tagsBody.safeParse(await client.list().catch(() => undefined));
  return listed.data?.models?.find(({ name }) => sameModel(name, model))?.digest ?? null;
}

/** What the server says of a model that it has loaded; undefined where it has not. */
export async function readLoadedModel(client: Ollama, model: string): Promise<LoadedModel | undefined> {
  const { models } = read(psBody, await client.ps());
  const found = models?.find(({ name }) => sameModel(name, model));
  if (!found) return undefined;
  const { size, size_vram: inGpu, context_length: contextTokens } = found;
  return {
    gpuShare: size === undefined || size === 0 || inGpu === undefined ? null : Math.min(1, inGpu / size),
    contextTokens: contextTokens ?? null,
  };
}

/** A name without a tag means the latest. */
function sameModel(listed: string, asked: string): boolean {
  const complete = (name: string) => (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
  return complete(listed) === complete(asked);
}

/** A refusal because the model is not there becomes an error that lists those that are; others stay as they are. */
export async function withInstalled(
  error: unknown,
  client: Ollama,
  model: string,
  host: string,
  advice?: string,
): Promise<unknown> {
  if (!(error instanceof ModelRejectedError) || error.status !== 404 || !/model/i.test(error.problem)) return error;
  const installed = await client.list().then(
    (body) => tagsBody.safeParse(body).data?.models?.map(({ name }) => name) ?? null,
    () => null,
  );
  return new ModelMissingError(model, host, installed, advice);
}

/** Nothing where it can be nothing, else the lowest level. */
function leastOf(values: readonly unknown[]): ModelFacts['leastThinking'] {
  return values.includes(false) ? false : (thinkingLevels.find((level) => values.includes(level)) ?? false);
}

/** The family that has levels only: older servers do not tell, and it ignores `false`. */
function isGptOss(family: string | null | undefined): boolean {
  return family === 'gptoss' || family === 'gpt-oss';
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  throw new ModelResponseError('it lacks what Ollama says here; is this an Ollama server?');
}
