import type { Agent } from '../../classify/agent.js';
import { checkGpu, checkServer } from '../../measure/doctor/server-checks.js';
import { ollamaServer } from '../../model/ollama/ollama-server.js';
import type { Settings } from '../options/settings.js';

/**
 * The doctor's quick part, before the first question and once the model is loaded: what would make the run worse than it
 * could be, with what mends it. Nothing for providers of which nothing can be asked, nor of hosts that are not there: the
 * pool tells of those.
 * @throws the signal's reason
 */
export async function quickCheck(settings: Settings, agent: Agent, signal: AbortSignal): Promise<readonly string[]> {
  const warnings = await Promise.all(settings.hosts.map((host) => warningsOf(host, agent, signal)));
  return warnings.flat();
}

async function warningsOf(host: string, agent: Agent, signal: AbortSignal): Promise<readonly string[]> {
  const server = ollamaServer({ host });
  const { name: model } = agent.model;
  try {
    const { contextTokens } = agent.requestFor('').options;
    const checks = await checkServer(server, { model, contextTokens, signal });
    if (checks.some(({ status }) => status === 'wrong')) return [];
    checks.push(await checkGpu(server, model, signal));
    return checks
      .filter(({ status }) => status === 'warning')
      .map(({ says, mend }) => `${server.url}: ${says}${mend === null ? '' : `; to mend it: ${mend}`}`);
  } finally {
    await server.close();
  }
}
