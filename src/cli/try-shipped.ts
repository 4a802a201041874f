import type { Agent } from '../classify/agent.js';
import { loadPrompt, promptNames } from '../classify/prompt/prompt-file.js';
import {
  type PromptTrial,
  type PromptTrialOptions,
  type TrialCandidate,
  tryPrompts,
} from '../evaluate/prompt-trial.js';
import { type AgentExtras, makeAgent } from './make-model-and-agent.js';
import { type Settings, workersOf } from './options/settings.js';
import { flagOf } from './print-error.js';

/**
 * The prompts that come with chorale and suit the settings, from the shortest answer to the longest. A `system_prompt` has
 * no place in a completion. Prompts with fields answer something else.
 * @param mostTokens excludes prompts whose answers may be longer, in tokens
 */
export async function shippedPrompts(
  { systemPrompt }: Pick<Settings, 'systemPrompt'>,
  mostTokens = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  const prompts = await Promise.all((await promptNames()).map((name) => loadPrompt(name)));
  return prompts
    .filter(
      ({ mode, config, output }) =>
        output.fields === undefined &&
        config.maxOutputTokens <= mostTokens &&
        (mode === 'chat' || systemPrompt === undefined),
    )
    .sort((a, b) => a.config.maxOutputTokens - b.config.maxOutputTokens)
    .map(({ name }) => name);
}

/** What `tryShipped` needs beside the rows. */
interface ShippedTrial
  extends Pick<
    PromptTrialOptions,
    'reviews' | 'labelled' | 'limitMs' | 'begin' | 'signal' | 'onProgress' | 'onOutcome'
  > {
  readonly settings: Settings;
  readonly extras: AgentExtras;
  /** Names of prompts, from the shortest answer to the longest. */
  readonly prompts: readonly string[];
}

/** Tries prompts, each with an agent of its own, which is closed at the end. */
export async function tryShipped(trial: ShippedTrial): Promise<PromptTrial> {
  const { settings, extras, prompts, ...options } = trial;
  const agents: Agent[] = [];
  try {
    const candidates: TrialCandidate[] = [];
    for (const name of prompts) {
      const agent = await makeAgent({ ...settings, prompt: name }, extras);
      agents.push(agent);
      candidates.push({ name, agent });
    }
    return await tryPrompts({
      ...options,
      candidates,
      ...workersOf(settings),
      observer: extras.observer,
      spell: flagOf,
    });
  } finally {
    await Promise.all(agents.map((agent) => agent.model.close()));
  }
}
