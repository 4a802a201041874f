import { fileURLToPath } from 'node:url';
import type { Agent } from '../../agent/index.js';
import type { Settings } from '../../config/index.js';
import { readRows } from '../../dataset/index.js';
import { codeOf, messageOf, UsageError } from '../../errors/index.js';
import type { Observer } from '../../events/index.js';
import type { ModelInfo } from '../../model/index.js';
import type { CommonFlags } from '../flags.js';
import { loadSettings } from '../load-settings.js';
import { makeAgent } from '../make-agent.js';

/** A review of the demo. */
export interface DemoReview {
  readonly product: string;
  readonly text: string;
}

/** Who answers in the demo, and why. */
export interface DemoAgent {
  readonly settings: Settings;
  readonly agent: Agent;
  readonly info: ModelInfo;
  /** Why the lexicon answers instead of the configured model; null where it does not. */
  readonly fallback: string | null;
}

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The configuration that the demo loads when none is named. */
export const demoConfig = `${examples}config.llama.json`;
const defaultLatencyMs = 150;

/** The twelve reviews of `examples/reviews.csv`. */
export async function loadDemoReviews(): Promise<DemoReview[]> {
  const reviews: DemoReview[] = [];
  for await (const { cells } of readRows([{ path: `${examples}reviews.csv`, format: 'csv' }])) {
    const [product, text] = cells;
    reviews.push({ product: String(product), text: String(text) });
  }
  return reviews;
}

/**
 * Finds who answers: the configured model, or, where nobody named a provider and no model can be reached, the lexicon.
 * @throws ModelUnavailableError, ModelMissingError where a provider was named
 */
export async function findDemoAgent(flags: CommonFlags, observer: Observer, signal: AbortSignal): Promise<DemoAgent> {
  const settings = await loadSettings(flags, demoConfig);
  if (settings.provider === 'lexicon')
    return { ...(await lexiconAgent(settings, flags, observer, signal)), fallback: null };
  const fallsBack = flags.provider === undefined && settings.provider === 'ollama';
  // Where the lexicon stands by, nobody waits for hosts to come up.
  const extras = fallsBack
    ? { observer, verbose: false, simulateLatencyMs: undefined, upTimeoutMs: 0 }
    : { observer, verbose: false, simulateLatencyMs: flags.simulateLatency };
  const agent = await makeAgent(settings, extras);
  try {
    const info = await agent.prepare({ signal });
    if (flags.simulateLatency !== undefined)
      throw new UsageError('--simulate-latency is for the lexicon; a model answers here');
    return { settings, agent, info, fallback: null };
  } catch (error) {
    await agent.model.close();
    if (!fallsBack || !['CHORALE_MODEL_UNAVAILABLE', 'CHORALE_MODEL_MISSING'].includes(codeOf(error))) throw error;
    const fallback = messageOf(error);
    observer.onEvent({
      type: 'model.fallback',
      timestamp: Date.now(),
      source: settings.name,
      data: { from: settings.provider, to: 'lexicon', message: fallback },
    });
    return { ...(await lexiconAgent(settings, flags, observer, signal)), fallback };
  }
}

async function lexiconAgent(
  configured: Settings,
  flags: CommonFlags,
  observer: Observer,
  signal: AbortSignal,
): Promise<Omit<DemoAgent, 'fallback'>> {
  const settings = { ...configured, provider: 'lexicon' } as const;
  const simulateLatencyMs = flags.simulateLatency ?? defaultLatencyMs;
  const agent = await makeAgent(settings, { observer, verbose: false, simulateLatencyMs });
  return { settings, agent, info: await agent.prepare({ signal }) };
}
