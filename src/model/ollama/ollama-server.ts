import { z } from 'zod';
import { linkAbort } from '../../foundation/abort.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import { askAtStart, checkWithin } from '../http/attempt.js';
import { type Fetch, openConnections } from '../http/connections.js';
import {
  ModelCutOffError,
  ModelFailedError,
  ModelRejectedError,
  ModelSilentError,
  ModelUnknownError,
} from '../model-errors.js';
import { clientOf, type ResponseForm } from './client.js';
import { requireServer } from './find-server.js';
import { hostUrl } from './host-url.js';
import { type InstalledModel, readInstalledModels } from './installed-models.js';
import { type LoadedModel, type ModelFacts, readLoadedModel, readModelFacts, withInstalled } from './server-facts.js';

/** How far the download of a model is. */
export interface PullProgress {
  /** What the server does, in its own words. */
  readonly status: string;
  /** The layer that it is about; null for steps of another kind. */
  readonly layer: string | null;
  /** Bytes of the layer that are there; null where the server does not tell. */
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
  /** @throws ModelUnavailableError, ModelAddressError or ModelResponseError when it is no Ollama server */
  version(call: { readonly signal: AbortSignal }): Promise<string>;
  /**
   * What the server knows of a model.
   * @throws ModelMissingError that lists those that are there
   */
  facts(model: string, call: { readonly signal: AbortSignal }): Promise<ModelFacts>;
  /**
   * The models that are installed.
   * @throws ModelUnavailableError, ModelResponseError when it is no Ollama server
   */
  models(call: { readonly signal: AbortSignal }): Promise<readonly InstalledModel[]>;
  /** What the server says of a model that it has loaded; undefined where it has not. */
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
  /** Sends the requests. @default undici's fetch */
  readonly fetch?: Fetch | undefined;
  /** Clock and timers. @default the machine that Node runs on */
  readonly clock?: Runtime | undefined;
}

/** A download has as many lines as it needs. */
const endless = Number.POSITIVE_INFINITY;

/** Longest silence in a download, in milliseconds: checking a large layer may take minutes. */
const silenceMs = 300_000;

const bytes = z.number().nonnegative().nullish();
const progressSchema = z.object({ status: z.string(), digest: z.string().nullish(), total: bytes, completed: bytes });

/** The models on an Ollama server. */
export function ollamaServer({ host, fetch, clock = nodeRuntime }: OllamaServerOptions): OllamaServer {
  const connections = openConnections(hostUrl(host), fetch);
  const client = (signal: AbortSignal, form?: ResponseForm, mostBytes?: number) =>
    clientOf(connections, clock, signal, form, mostBytes);

  async function pullOnce(model: string, { signal, onProgress, insecure = false }: PullCall): Promise<void> {
    const linked = linkAbort(signal);
    const watchSilence = () => clock.setTimer(silenceMs, () => linked.abort(new ModelSilentError(silenceMs)));
    let heard = watchSilence();
    try {
      for await (const sent of await client(linked.signal, 'lines', endless).pull({ model, stream: true, insecure })) {
        heard();
        heard = watchSilence();
        const progress = progressOf(sent);
        if (progress) onProgress?.(progress);
      }
    } catch (error) {
      linked.signal.throwIfAborted();
      throw explained(error, model);
    } finally {
      heard();
      linked.release();
    }
  }

  return {
    url: connections.url,
    version: (call) => light(call, (signal) => requireServer(connections, clock, signal)),
    facts: (model, call) => light(call, (signal) => readModelFacts(client(signal), model, connections.url)),
    models: (call) => light(call, (signal) => readInstalledModels(client(signal))),
    loaded: (model, call) => light(call, (signal) => readLoadedModel(client(signal), model)),
    async pull(model, call) {
      const { signal } = call;
      // A download may be silent for minutes; a server that says nothing at all is told before.
      await light(call, (own) => requireServer(connections, clock, own));
      await askAtStart(clock, signal, () => pullOnce(model, call));
    },
    async remove(model, call) {
      await light(call, (signal) => requireServer(connections, clock, signal));
      await askAtStart(clock, call.signal, () => within(call, (signal) => removeOnce(model, signal)));
    },
    close: () => connections.close(),
  };

  function light<T>(call: { readonly signal: AbortSignal }, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return checkWithin(clock, connections, call.signal, work);
  }

  async function removeOnce(model: string, signal: AbortSignal): Promise<void> {
    try {
      await client(signal, 'anything').delete({ model });
    } catch (error) {
      signal.throwIfAborted();
      throw await withInstalled(error, client(signal), model, connections.url, 'nothing was removed there');
    }
  }

  function explained(error: unknown, model: string): unknown {
    const isRefusal = error instanceof ModelRejectedError || error instanceof ModelFailedError;
    if (isRefusal && /file does not exist|not found|invalid model/i.test(error.problem)) {
      return new ModelUnknownError(model, connections.url, error.problem);
    }
    // The client's words for a stream that ended too early.
    return /^Did not receive done or success/.test(messageOf(error)) ? new ModelCutOffError({ cause: error }) : error;
  }
}

/** With a signal of its own: one response that is not read to its end may keep a listener on it. */
async function within<T>(
  call: { readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const linked = linkAbort(call.signal);
  try {
    return await work(linked.signal);
  } finally {
    linked.release();
  }
}

function progressOf(sent: unknown): PullProgress | undefined {
  const checked = progressSchema.safeParse(sent);
  if (!checked.success) return undefined;
  const { status, digest, total, completed } = checked.data;
  return { status, layer: digest ?? null, completedBytes: completed ?? null, totalBytes: total ?? null };
}
