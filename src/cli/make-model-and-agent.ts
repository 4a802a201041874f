import { type Agent, createAgent } from '../classify/agent.js';
import { type Prompt, withMaxTokens, withSystemPrompt } from '../classify/prompt/prompt.js';
import { loadPrompt } from '../classify/prompt/prompt-file.js';
import { UsageError } from '../foundation/errors/chorale-error.js';
import { noopObserver, type Observer } from '../foundation/events/event.js';
import { combineObservers } from '../foundation/events/observers.js';
import { nodeRuntime } from '../foundation/runtime.js';
import type { Model } from '../model/model.js';
import type { ProviderName } from './options/run-options.js';
import { publicHosts, type Settings } from './options/settings.js';

/** What the command line adds to the settings. */
export interface AgentExtras {
  readonly observer: Observer;
  /** Receives the events of the agent and of the hosts too, where a server answers. */
  readonly hostObserver?: Observer | undefined;
  /** How long one of several hosts may take to come up, in milliseconds. @default 60000 */
  readonly upTimeoutMs?: number | undefined;
  readonly verbose: boolean;
  /** False if many agents are there at once: the lexicon then has no thread of its own. @default true */
  readonly threads?: boolean | undefined;
  /** In milliseconds. @default none */
  readonly simulateLatencyMs?: number | undefined;
  /** In place of the prompt of the settings. */
  readonly prompt?: Prompt | undefined;
  /** Changes the prompt before it is used. */
  readonly changePrompt?: ((prompt: Prompt) => Prompt) | undefined;
}

/** Without events. */
export const silentExtras: AgentExtras = { observer: noopObserver, verbose: false };

/** The model that the settings name. It is never replaced by another one. */
async function makeModel(settings: Settings, extras: AgentExtras): Promise<Model> {
  const { simulateLatencyMs, threads = true } = extras;
  const { provider } = settings;
  if (settings.adaptive && settings.workers > 0) {
    throw new UsageError('--workers says how many; --adaptive finds it out: give one of them');
  }
  if (provider === 'lexicon' && settings.adaptive)
    throw new UsageError('--adaptive is for servers; the lexicon is none');
  if (provider === 'lexicon') {
    const { lexicon } = await import('../model/lexicon/lexicon-model.js');
    return lexicon({ simulatedLatencyMs: simulateLatencyMs, thread: threads ? {} : undefined });
  }
  if (simulateLatencyMs !== undefined) throw new UsageError('--simulate-latency is for --provider lexicon only');
  return poolOfHosts(settings, provider, extras);
}

/** The hosts as one model. Also for a single host: its requests then wait while the host restarts. */
async function poolOfHosts(settings: Settings, provider: ServerProvider, extras: AgentExtras): Promise<Model> {
  const { hosts, adaptive, workerCap } = settings;
  if (hosts.length === 0) throw new UsageError(`--provider ${provider} needs an address: --host URL`);
  const modelOn = await modelMaker(settings, provider);
  const { createAdaptiveLimit } = await import('../model/adaptive/adaptive-limit.js');
  const { createPool } = await import('../model/pool/pool.js');
  const shown = publicHosts({ provider, hosts });
  const upstreams = hosts.map((host, index) => ({
    server: shown[index] ?? host,
    model: modelOn(host),
    limiter: adaptive ? createAdaptiveLimit({ max: workerCap, runtime: nodeRuntime }) : undefined,
  }));
  const twice = upstreams.find(({ server }, index) => upstreams.findIndex((other) => other.server === server) < index);
  if (twice) throw new UsageError(`the host ${twice.server} is given more than once`);
  const { observer, hostObserver = noopObserver, upTimeoutMs } = extras;
  return createPool({ upstreams, upTimeoutMs, observer: combineObservers(observer, hostObserver) });
}

type ServerProvider = Exclude<ProviderName, 'lexicon'>;

/** Makes the models of a provider. Only the code of that provider is loaded. */
async function modelMaker({ model, apiKey }: Settings, provider: ServerProvider): Promise<(host: string) => Model> {
  if (provider === 'http') {
    const { httpService } = await import('../model/http-service.js');
    return (host) => httpService({ host, model });
  }
  if (model === undefined) throw new UsageError(`--provider ${provider} has no default model: say which with --model`);
  if (provider === 'ollama') {
    const { ollama } = await import('../model/ollama/ollama-model.js');
    return (host) => ollama({ model, host, apiKey });
  }
  provider satisfies 'openai';
  const { openaiCompatible } = await import('../model/openai/openai-model.js');
  return (host) => openaiCompatible({ model, host, apiKey });
}

/** The agent that the settings describe. */
export async function makeAgent(settings: Settings, extras: AgentExtras): Promise<Agent> {
  const model = await makeModel(settings, extras);
  const { observer, hostObserver = noopObserver, changePrompt = (prompt) => prompt } = extras;
  return createAgent({
    model,
    prompt: changePrompt(adaptPrompt(extras.prompt ?? (await loadPrompt(settings.prompt)), settings)),
    labels: settings.labels,
    retry: settings.retry,
    repair: settings.repair,
    long: settings.long,
    probabilities: settings.probabilities,
    pacing: {
      requestsPerSecond: settings.rate,
      tokensPerMinute: settings.tokenRate === undefined ? undefined : settings.tokenRate * 60,
    },
    itemTimeoutMs: settings.itemTimeoutMs,
    observer: settings.provider === 'lexicon' ? observer : combineObservers(observer, hostObserver),
    name: settings.name,
    verboseEvents: extras.verbose,
  });
}

/** A prompt with what the configuration adds to every one. */
export function adaptPrompt(prompt: Prompt, { systemPrompt, maxTokens }: Settings): Prompt {
  const instructed = systemPrompt === undefined ? prompt : withSystemPrompt(prompt, systemPrompt);
  return maxTokens === undefined ? instructed : withMaxTokens(instructed, maxTokens);
}
