import { type Agent, createAgent } from '../agent/index.js';
import type { ProviderName, Settings } from '../config/index.js';
import { UsageError } from '../errors/index.js';
import { combineObservers, noopObserver, type Observer } from '../events/index.js';
import { lexicon, type Model, ollama, publicHostUrl } from '../model/index.js';
import { createPool } from '../pool/index.js';
import { loadPrompt, type Prompt, withMaxTokens, withSystemPrompt } from '../prompt/index.js';

/** What the command line adds to the settings. */
export interface AgentExtras {
  readonly observer: Observer;
  /** Receives the events of the hosts too. */
  readonly hostObserver?: Observer | undefined;
  /** How long one of several hosts may take to come up, in milliseconds. @default 60000 */
  readonly upTimeoutMs?: number | undefined;
  readonly verbose: boolean;
  /** Milliseconds; undefined where none is asked for. */
  readonly simulateLatencyMs: number | undefined;
}

/** The model that the settings name. It is never replaced by another one. */
export function makeModel(settings: Settings, extras: AgentExtras): Model {
  const { simulateLatencyMs } = extras;
  if (settings.provider === 'lexicon') return lexicon({ simulatedLatencyMs: simulateLatencyMs });
  if (simulateLatencyMs !== undefined) throw new UsageError('--simulate-latency is for --provider lexicon only');
  if (settings.provider === 'ollama') return poolOfHosts(settings, extras);
  throw new UsageError(`the provider '${settings.provider}' of the configuration is none of ollama, lexicon`);
}

/** The hosts as one model; also a single one, whose questions then wait where it goes away for a while. */
function poolOfHosts({ model, hosts }: Settings, extras: AgentExtras): Model {
  const members = hosts.map((host) => ({ server: publicHostUrl(host), model: ollama({ model, host }) }));
  const twice = members.find(({ server }, index) => members.findIndex((other) => other.server === server) < index);
  if (twice) throw new UsageError(`the host ${twice.server} is given more than once`);
  const { observer, hostObserver = noopObserver, upTimeoutMs } = extras;
  return createPool({ members, upTimeoutMs, observer: combineObservers(observer, hostObserver) });
}

/** The agent that the settings describe. */
export async function makeAgent(settings: Settings, extras: AgentExtras): Promise<Agent> {
  const model = makeModel(settings, extras);
  return createAgent({
    model,
    prompt: adapt(await loadPrompt(settings.prompt), settings),
    labels: settings.labels,
    retry: settings.retry,
    pacing: {
      requestsPerSecond: settings.rate,
      tokensPerMinute: settings.tokenRate === undefined ? undefined : settings.tokenRate * 60,
    },
    itemTimeoutMs: settings.itemTimeoutMs,
    observer: extras.observer,
    name: settings.name,
    verboseEvents: extras.verbose,
  });
}

function adapt(prompt: Prompt, { systemPrompt, maxTokens }: Settings): Prompt {
  const instructed = systemPrompt === undefined ? prompt : withSystemPrompt(prompt, systemPrompt);
  return maxTokens === undefined ? instructed : withMaxTokens(instructed, maxTokens);
}
