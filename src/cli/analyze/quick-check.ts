import type { Agent } from '../../agent/index.js';
import type { Settings } from '../../config/index.js';
import { checkGpu, checkServer } from '../../doctor/index.js';
import { ollamaServer } from '../../model/index.js';

/**
 * The doctor's quick part, before the first question and once the model is loaded: what would make the run worse than it
 * could be, with what mends it. Nothing for providers of which nothing can be asked.
 * @throws the signal's reason
 */
export async function quickCheck(settings: Settings, agent: Agent, signal: AbortSignal): Promise<readonly string[]> {
  const { provider, host } = settings;
  if (provider !== 'ollama' || host === undefined) return [];
  const server = ollamaServer({ host });
  try {
    const { contextTokens } = agent.requestFor('').options;
    const checks = await checkServer(server, { model: agent.model.name, contextTokens, signal });
    checks.push(await checkGpu(server, agent.model.name, signal));
    return checks
      .filter(({ status }) => status === 'warning' || status === 'wrong')
      .map(({ says, mend }) => (mend === null ? says : `${says}; to mend it: ${mend}`));
  } finally {
    await server.close();
  }
}
