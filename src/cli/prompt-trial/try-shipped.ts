import type { Agent } from '../../classify/agent.js';
import {
  type PromptTrial,
  type PromptTrialOptions,
  type TrialCandidate,
  tryPrompts,
} from '../../evaluate/prompt-trial.js';
import type { Settings } from '../config/settings.js';
import { workersOf } from '../experiment/run-plan.js';
import { type AgentExtras, makeAgent } from '../make-agent.js';

/** What `tryShipped` needs beside the rows. */
export interface ShippedTrial
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
    return await tryPrompts({ ...options, candidates, ...workersOf(settings), observer: extras.observer });
  } finally {
    await Promise.all(agents.map((agent) => agent.model.close()));
  }
}
