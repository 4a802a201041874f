import { UsageError } from '../../foundation/errors/common-errors.js';
import { type OllamaServer, ollamaServer } from '../../model/ollama/ollama-server.js';
import { runBounded } from '../../orchestration/parallel/process-parallel.js';
import type { Settings } from '../config/settings.js';

/** One model on one server. */
export interface ModelJob {
  readonly model: string;
  readonly server: OllamaServer;
}

/** What became of a job; undefined: it is done. */
export interface JobEnd {
  readonly job: ModelJob;
  readonly failure: { readonly error: unknown } | undefined;
}

/** Jobs at work at once, over all servers. */
const limit = 8;

/**
 * Does something with every model on every host of the settings, whatever fails.
 * @returns what became of each, model by model
 * @throws UsageError when the provider has no models to manage, or the signal's reason
 */
export async function onEveryHost(
  models: readonly string[],
  settings: Settings,
  signal: AbortSignal,
  operation: (job: ModelJob) => Promise<void>,
): Promise<readonly JobEnd[]> {
  if (settings.provider !== 'ollama') {
    throw new UsageError(`models are managed on Ollama servers; the provider is '${settings.provider}'`);
  }
  const servers = settings.hosts.map((host) => ollamaServer({ host }));
  try {
    const jobs = [...new Set(models)].flatMap((model) => servers.map((server) => ({ model, server })));
    const failures = await runBounded(jobs, operation, { limit, signal });
    signal.throwIfAborted();
    const byIndex = new Map(failures.map(({ index, error }) => [index, { error }]));
    return jobs.map((job, index) => ({ job, failure: byIndex.get(index) }));
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}
