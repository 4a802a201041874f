import * as z from 'zod';
import { linkAbort } from '../../foundation/abort.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { Fetch } from '../http/connections.js';
import { checkWithin, retryAtStart } from '../http/start-checks.js';
import {
  ModelCutOffError,
  ModelFailedError,
  ModelRejectedError,
  ModelSilentError,
  ModelUnknownError,
} from '../model-errors.js';
import {
  type InstalledModel,
  type LoadedModel,
  type ModelFacts,
  readInstalledModels,
  readLoadedModel,
  readModelFacts,
  withInstalled,
} from './model-facts.js';
import { type OllamaApi, requestLines, sendOnly } from './ollama-client.js';
import { openOllama } from './ollama-connections.js';
import { requireServer } from './server-address.js';

/** How far the download of a model is. */
export interface PullProgress {
  /** What the server does, in its own words. */
  readonly status: string;
  /** The layer that it is about; null for steps of another kind. */
  readonly layer: string | null;
  /** Bytes of the layer that are there; null if the server does not report it. */
  readonly completedBytes: number | null;
  readonly totalBytes: number | null;
}

/** One download. */
export interface PullCall {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Allows registries without TLS (`http://…`). @default false */
  readonly insecure?: boolean | undefined;
}

/** What may be done with the models on an Ollama server. Aborting rejects with the signal's reason. */
export interface OllamaServer {
  /** Its address, without credentials. */
  readonly url: string;
  /** @throws ModelUnavailableError, ModelAddressError or ModelResponseError if this is not an Ollama server */
  version(call: { readonly signal: AbortSignal }): Promise<string>;
  /**
   * What the server knows of a model.
   * @throws ModelMissingError that lists those that are there
   */
  facts(model: string, call: { readonly signal: AbortSignal }): Promise<ModelFacts>;
  /**
   * The models that are installed.
   * @throws ModelUnavailableError, ModelResponseError if this is not an Ollama server
   */
  models(call: { readonly signal: AbortSignal }): Promise<readonly InstalledModel[]>;
  /** What the server says of a model that it has loaded; undefined if it has not. */
  loaded(model: string, call: { readonly signal: AbortSignal }): Promise<LoadedModel | undefined>;
  /**
   * Downloads a model from the server's registry. What a broken download has left is used by the next one; a connection
   * that breaks is tried again.
   * @throws ModelUnknownError when the registry does not have it, ModelUnavailableError, ModelRejectedError
   */
  pull(model: string, call: PullCall): Promise<void>;
  /**
   * Removes a model.
   * @throws ModelMissingError that lists those that are there
   */
  remove(model: string, call: { readonly signal: AbortSignal }): Promise<void>;
  /** Lets connections go. */
  close(): Promise<void>;
}

/** Options of `ollamaServer`. */
export interface OllamaServerOptions {
  /** Address of the server, as Ollama's own client understands it. */
  readonly host: string;
  /** Sends the requests. @default undici's connections */
  readonly fetch?: Fetch | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
  /** As that of `ollama`. @default none */
  readonly apiKey?: string | undefined;
}

/** A download has as many lines as it needs. */
const endless = Number.POSITIVE_INFINITY;

/** Longest silence in a download, in milliseconds: checking a large layer may take minutes. */
const silenceMs = 300_000;

const bytes = z.number().nonnegative().nullish();
const progressSchema = z.object({ status: z.string(), digest: z.string().nullish(), total: bytes, completed: bytes });

/** The models on an Ollama server. */
export function ollamaServer({ host, apiKey, fetch, clock = nodeRuntime }: OllamaServerOptions): OllamaServer {
  const connections = openOllama(host, apiKey, fetch);
  const api: OllamaApi = { connections, clock };
  type Call = { readonly signal: AbortSignal };
  const light = <T>({ signal }: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    checkWithin(clock, connections, signal, work);
  return {
    url: connections.url,
    version: (call) => light(call, (signal) => requireServer(api, signal)),
    facts: (model, call) => light(call, (signal) => readModelFacts(api, model, signal)),
    models: (call) => light(call, (signal) => readInstalledModels(api, signal)),
    loaded: (model, call) => light(call, (signal) => readLoadedModel(api, model, signal)),
    async pull(model, call) {
      // A download may be silent for minutes; a server that says nothing at all fails before.
      await light(call, (signal) => requireServer(api, signal));
      await retryAtStart(clock, call.signal, () => pullOnce(api, model, call));
    },
    async remove(model, call) {
      await light(call, (signal) => requireServer(api, signal));
      await retryAtStart(clock, call.signal, () => removeOnce(api, model, call.signal));
    },
    close: () => connections.close(),
  };
}

async function pullOnce(
  api: OllamaApi,
  model: string,
  { signal, onProgress, insecure = false }: PullCall,
): Promise<void> {
  const linked = linkAbort(signal);
  const watchSilence = () => api.clock.setTimer(silenceMs, () => linked.abort(new ModelSilentError(silenceMs)));
  let heard = watchSilence();
  try {
    const body = { name: model, stream: true, insecure };
    for await (const sent of await requestLines(api, '/api/pull', {
      signal: linked.signal,
      body,
      mostBytes: endless,
    })) {
      heard();
      heard = watchSilence();
      const { data } = progressSchema.safeParse(sent);
      if (!data) continue;
      const { status, digest, total, completed } = data;
      onProgress?.({ status, layer: digest ?? null, completedBytes: completed ?? null, totalBytes: total ?? null });
      if (status === 'success') return;
    }
    throw new ModelCutOffError();
  } catch (error) {
    linked.signal.throwIfAborted();
    const isRejection = error instanceof ModelRejectedError || error instanceof ModelFailedError;
    if (!isRejection || !/file does not exist|not found|invalid model/i.test(error.problem)) throw error;
    throw new ModelUnknownError(model, api.connections.url, error.problem);
  } finally {
    heard();
    linked.release();
  }
}

async function removeOnce(api: OllamaApi, model: string, signal: AbortSignal): Promise<void> {
  // A signal of its own: one response that is not read to its end may keep a listener on it.
  const linked = linkAbort(signal);
  try {
    await sendOnly(api, '/api/delete', { signal: linked.signal, method: 'DELETE', body: { name: model } });
  } catch (error) {
    linked.signal.throwIfAborted();
    throw await withInstalled(error, api, model, linked.signal, 'nothing was removed there');
  } finally {
    linked.release();
  }
}
