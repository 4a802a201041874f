import type { Agent } from '../../classify/agent.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import { deadline } from '../../foundation/abort.js';
import { codeOf, spelledMessage, UsageError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import type { Resources } from '../../foundation/resources.js';
import { nodeRuntime } from '../../foundation/runtime.js';
import type { ModelInfo } from '../../model/model.js';
import { ModelUnavailableError } from '../../model/model-errors.js';
import { chooseModel } from '../../model/ollama/choose-installed-model.js';
import { ollamaServer } from '../../model/ollama/manage-models.js';
import type { InstalledModel } from '../../model/ollama/model-facts.js';
import { makeAgent } from '../make-model-and-agent.js';
import type { DemoFlags } from '../options/command-options.js';
import { autoPrompt, loadSettings, requirePromptReader, type Settings, withoutAuto } from '../options/settings.js';
import { flagOf } from '../print-error.js';
import type { Terminal } from '../terminal.js';
import { shippedPrompts, tryShipped } from '../try-shipped.js';
import { demoConfig, loadDemoReviews } from './demo-inputs.js';

/** Who answers in the demo, and why. */
export interface DemoAgent {
  readonly settings: Settings;
  readonly agent: Agent;
  readonly info: ModelInfo;
  /** Why the lexicon answers instead of the configured model; null if it does not. */
  readonly fallback: { readonly code: string; readonly message: string } | null;
  /** Why another model answers than the one that the example configuration names; null if none does. */
  readonly replacement: string | null;
  /** How the prompt was chosen; null if it was not. */
  readonly trial: PromptTrial | null;
}

/** What the search for an agent needs. */
interface DemoSearch {
  readonly flags: DemoFlags;
  readonly terminal: Terminal;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  readonly resources: Resources;
  /** Told of a step that takes a while. */
  readonly onStep: (step: string) => Promise<void>;
}

const defaultLatencyMs = 150;

/** Longest time for the list of models, in milliseconds. */
const listingMs = 5_000;

/** Models with fewer parameters depend on the prompt more than others: the prompts are tried. */
const smallParameters = 1.5e9;

/** The trial before the demo: it is to be over in seconds. */
const trialSize = { reviews: 6, limitMs: 10_000, answerTokens: 16 };

/**
 * Finds who answers: the configured model; where it is only the one of the example configuration and not installed, the
 * best one that is; where nobody named a provider and no model can be reached, the lexicon.
 * @throws ModelUnavailableError, ModelMissingError if a provider was named
 */
export async function findDemoAgent(search: DemoSearch): Promise<DemoAgent> {
  const { flags, observer } = search;
  const settings = await loadSettings(flags, search.terminal, demoConfig);
  requirePromptReader(settings);
  if (settings.provider === 'lexicon') return lexiconAgent(settings, search, null);
  const fallsBack = flags.provider === undefined && settings.provider === 'ollama';
  try {
    return await modelAgent(settings, search, fallsBack);
  } catch (error) {
    if (!fallsBack || !['CHORALE_MODEL_UNAVAILABLE', 'CHORALE_MODEL_MISSING'].includes(codeOf(error))) throw error;
    const fallback = { code: codeOf(error), message: spelledMessage(error, flagOf) };
    notifyFallback(observer, settings.name, { from: settings.provider, to: 'lexicon', message: fallback.message });
    return lexiconAgent(settings, search, fallback);
  }
}

async function modelAgent(configured: Settings, search: DemoSearch, fallsBack: boolean): Promise<DemoAgent> {
  const { flags, observer, signal, resources } = search;
  // Where the lexicon stands by, nobody waits for hosts to come up.
  const extras = fallsBack
    ? { observer, verbose: false, upTimeoutMs: 0 }
    : { observer, verbose: false, simulateLatencyMs: flags.simulateLatencyMs };
  const { settings: found, replacement, isSmall } = await withInstalledModel(configured, search);
  const isAuto = found.prompt === autoPrompt || (flags.prompt === undefined && isSmall);
  const trial = isAuto ? await tryOnDemo(withoutExampleInstructions(found, flags), extras, search) : null;
  const prompt = trial?.chosen ?? found.prompt;
  const { mode } = await loadPrompt(prompt);
  const settings = mode === 'completion' || trial ? withoutExampleInstructions({ ...found, prompt }, flags) : found;
  const agent = await makeAgent(settings, extras);
  resources.defer(() => agent.model.close());
  const info = await agent.prepare({ signal }).catch(async (error: unknown) => {
    // The hosts are not checked while the lexicon answers.
    await agent.model.close();
    throw error;
  });
  if (flags.simulateLatencyMs !== undefined)
    throw new UsageError('--simulate-latency is for the lexicon; a model answers here');
  return { settings, agent, info, fallback: null, replacement, trial };
}

/** Nobody chose the system prompt of the example configuration, and not every prompt has a place for it. */
function withoutExampleInstructions(settings: Settings, { config }: DemoFlags): Settings {
  return config === undefined ? { ...settings, systemPrompt: undefined } : settings;
}

/** The settings with a model that is installed, where it is the example configuration that names another one. */
async function withInstalledModel(settings: Settings, search: DemoSearch) {
  const { flags, observer, signal, resources } = search;
  const [host] = settings.hosts;
  const asConfigured = { settings, replacement: null, isSmall: false };
  if (settings.provider !== 'ollama' || host === undefined) return asConfigured;
  const server = resources.use(ollamaServer({ host, apiKey: settings.apiKey }));
  const installed = await listModels(server, signal);
  const wanted = settings.model ?? '';
  const same = installed.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (same) return { ...asConfigured, isSmall: isSmallModel(same) };
  if (flags.model !== undefined || flags.config !== undefined) return asConfigured;
  const choice = await chooseModel(server, installed, signal);
  if (!choice) return asConfigured;
  const { model, because } = choice;
  const message = `${wanted} is not installed at ${server.url}; ${model.name} is ${because}`;
  notifyFallback(observer, settings.name, { from: wanted, to: model.name, message });
  return { settings: { ...settings, model: model.name }, replacement: message, isSmall: isSmallModel(model) };
}

function isSmallModel({ parameters }: InstalledModel): boolean {
  return parameters !== null && parameters < smallParameters;
}

/** The models of the server; none if it does not list them. @throws ModelUnavailableError if it is silent */
async function listModels(
  server: ReturnType<typeof ollamaServer>,
  signal: AbortSignal,
): Promise<readonly InstalledModel[]> {
  const silent = () => new ModelUnavailableError(server.url, `it has said nothing for ${listingMs / 1_000} s`);
  const limit = deadline(nodeRuntime, listingMs, silent, signal);
  try {
    return await server.models({ signal: limit.signal });
  } catch {
    limit.signal.throwIfAborted();
    return [];
  } finally {
    limit.release();
  }
}

async function tryOnDemo(
  settings: Settings,
  extras: Parameters<typeof tryShipped>[0]['extras'],
  { signal, onStep }: DemoSearch,
): Promise<PromptTrial> {
  const reviews = await loadDemoReviews();
  const every = Math.max(1, Math.floor(reviews.length / trialSize.reviews));
  const tried = reviews.filter((_, index) => index % every === 0).slice(0, trialSize.reviews);
  const prompts = await shippedPrompts(settings, trialSize.answerTokens);
  await onStep(`Trying ${prompts.length} prompts on ${tried.length} of the reviews: small models depend on it.`);
  return tryShipped({
    settings,
    extras,
    prompts,
    reviews: tried.map(({ text }, index) => ({ index, id: String(index + 1), text })),
    labelled: false,
    limitMs: trialSize.limitMs,
    signal,
  });
}

function notifyFallback(
  observer: Observer,
  source: string,
  data: { readonly from: string; readonly to: string; readonly message: string },
): void {
  observer.onEvent({ type: 'model.fallback', timestamp: Date.now(), source, data });
}

async function lexiconAgent(
  configured: Settings,
  { flags, observer, signal, resources }: DemoSearch,
  fallback: DemoAgent['fallback'],
): Promise<DemoAgent> {
  const settings = withoutExampleInstructions({ ...withoutAuto(configured), provider: 'lexicon' }, flags);
  const simulateLatencyMs = flags.simulateLatencyMs ?? defaultLatencyMs;
  const agent = await makeAgent(settings, { observer, verbose: false, simulateLatencyMs });
  resources.defer(() => agent.model.close());
  return { settings, agent, info: await agent.prepare({ signal }), fallback, replacement: null, trial: null };
}
