import { type Agent, createAgent } from '../agent/index.js';
import type { ProviderName, Settings } from '../config/index.js';
import { UsageError } from '../errors/index.js';
import type { Observer } from '../events/index.js';
import { httpService, lexicon, type Model, ollama, openaiCompatible } from '../model/index.js';
import { loadPrompt, type Prompt, withMaxTokens, withSystemPrompt } from '../prompt/index.js';

/** What the command line adds to the settings. */
export interface AgentExtras {
  readonly observer: Observer;
  readonly verbose: boolean;
  /** Milliseconds; undefined where none is asked for. */
  readonly simulateLatencyMs: number | undefined;
}

/** The model that the settings name. It is never replaced by another one. */
export function makeModel(settings: Settings, simulateLatencyMs: number | undefined): Model {
  const { provider, model, host } = settings;
  if (provider === 'lexicon') return lexicon({ simulatedLatencyMs: simulateLatencyMs });
  if (simulateLatencyMs !== undefined) throw new UsageError('--simulate-latency is for --provider lexicon only');
  switch (provider) {
    case 'ollama':
      return ollama({ model: required(model, provider), host });
    case 'openai':
      return openaiCompatible({ model: required(model, provider), host, apiKey: process.env.OPENAI_API_KEY });
    case 'http':
      if (host === undefined) throw new UsageError('--provider http needs the address of your service: --host URL');
      return httpService({ host, model });
  }
}

function required(model: string | undefined, provider: ProviderName): string {
  if (model === undefined) throw new UsageError(`--provider ${provider} has no default model: say which with --model`);
  return model;
}

/** The agent that the settings describe. */
export async function makeAgent(settings: Settings, extras: AgentExtras): Promise<Agent> {
  const model = makeModel(settings, extras.simulateLatencyMs);
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
