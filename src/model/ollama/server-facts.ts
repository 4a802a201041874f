import type { Ollama } from 'ollama';
import { z } from 'zod';
import { ModelMissingError, ModelRejectedError, ModelResponseError } from '../../errors/index.js';

/** What a server tells about a model before it is asked anything. */
export interface ModelFacts {
  /** It thinks unless it is told not to. */
  readonly thinks: boolean;
  /** The longest context that it was made for, in tokens; null where the server does not tell. */
  readonly contextTokens: number | null;
}

const versionBody = z.object({ version: z.string() });
const tagsBody = z.object({ models: z.array(z.object({ name: z.string() })).nullish() });
const showBody = z.object({
  capabilities: z.array(z.string()).nullish(),
  model_info: z.record(z.string(), z.unknown()).nullish(),
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
  const { capabilities, model_info: info } = read(showBody, shown);
  const contextTokens = info?.[`${info['general.architecture']}.context_length`];
  return {
    thinks: capabilities?.includes('thinking') ?? false,
    contextTokens: typeof contextTokens === 'number' && contextTokens > 0 ? contextTokens : null,
  };
}

/** A refusal because the model is not there becomes an error that lists those that are; others stay as they are. */
export async function withInstalled(error: unknown, client: Ollama, model: string, host: string): Promise<unknown> {
  if (!(error instanceof ModelRejectedError) || error.status !== 404 || !/model/i.test(error.problem)) return error;
  const installed = await client.list().then(
    (body) => tagsBody.safeParse(body).data?.models?.map(({ name }) => name) ?? null,
    () => null,
  );
  return new ModelMissingError(model, host, installed);
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  throw new ModelResponseError('it lacks what Ollama says here; is this an Ollama server?');
}
