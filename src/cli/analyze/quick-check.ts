import type { Agent } from '../../classify/agent.js';
import { checkGpu, checkServer } from '../../measure/doctor/server-checks.js';
import { ollamaServer } from '../../model/ollama/manage-models.js';
import type { Settings } from '../options/settings.js';

/**
 * The quick part of the doctor, after the model is loaded and before the first request: warnings about what makes the run
 * slower or worse, each with its fix. Hosts that are down are skipped: the pool reports them.
 * @throws the signal's reason
 */
export async function quickCheck(
  { hosts, apiKey }: Pick<Settings, 'hosts' | 'apiKey'>,
  agent: Agent,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const warnings = await Promise.all(hosts.map((host) => warningsOf({ host, apiKey }, agent, signal)));
  return warnings.flat();
}

async function warningsOf(
  at: Parameters<typeof ollamaServer>[0],
  agent: Agent,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const server = ollamaServer(at);
  const { name: model } = agent.model;
  try {
    const { contextTokens } = agent.requestFor('').options;
    const checks = await checkServer(server, { model, contextTokens, signal });
    if (checks.some(({ status }) => status === 'wrong')) return [];
    checks.push(await checkGpu(server, model, signal));
    return checks
      .filter(({ status }) => status === 'warning')
      .map(({ says, mend }) => `${server.url}: ${says}${mend === null ? '' : `; to fix it: ${mend}`}`);
  } finally {
    await server.close();
  }
}
