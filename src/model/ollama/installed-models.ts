import type { Ollama } from 'ollama';
import { z } from 'zod';
import { ModelResponseError } from '../model-errors.js';

/** A model that a server can load. */
export interface InstalledModel {
  readonly name: string;
  /** Number of its parameters; null where the server does not tell. */
  readonly parameters: number | null;
  /** It is in the server's memory already. */
  readonly loaded: boolean;
  /** It computes on another machine, to which the server would send the reviews. */
  readonly remote: boolean;
}

const optionalText = z.string().nullish().catch(undefined);
const listBody = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        details: z.object({ parameter_size: optionalText }).nullish().catch(undefined),
        remote_host: optionalText,
        remote_model: optionalText,
      }),
    )
    .nullish(),
});
const loadedBody = z.object({ models: z.array(z.object({ name: z.string() })).nullish() });

/**
 * The models that a server has, in its own order.
 * @throws ModelUnavailableError, ModelResponseError when it is no Ollama server
 */
export async function readInstalledModels(client: Ollama): Promise<readonly InstalledModel[]> {
  const listed = listBody.safeParse(await client.list());
  if (!listed.success) throw new ModelResponseError('it lists no models; is this an Ollama server?');
  // Only the choice among several depends on it.
  const loaded = loadedBody.safeParse(await client.ps().catch(() => undefined));
  const loadedNames = new Set(loaded.data?.models?.map(({ name }) => name));
  return (listed.data.models ?? []).map(({ name, details, remote_host: host, remote_model: model }) => ({
    name,
    parameters: countOf(details?.parameter_size),
    loaded: loadedNames.has(name),
    remote: Boolean(host || model),
  }));
}

/** Units of parameter sizes. */
const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/** `134.52M` as a number; null where it is none. */
function countOf(size: string | null | undefined): number | null {
  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([KMBT]?)\s*$/i.exec(size ?? '') ?? [];
  const factor = units[unit.toUpperCase()];
  return digits === undefined || factor === undefined ? null : Number(digits) * factor;
}
