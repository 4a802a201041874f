import { codeOf, spelledMessage, UsageError } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type OllamaServer, ollamaServer } from '../../model/ollama/ollama-server.js';
import { runBounded } from '../../orchestration/parallel/process-parallel.js';
import type { Settings } from '../options/settings.js';
import { flagOf, printError } from '../print-error.js';
import type { Terminal } from '../terminal.js';

/** One model on one server. */
interface ModelJob {
  readonly model: string;
  readonly server: OllamaServer;
}

/** What became of a job; undefined: it is done. */
interface JobEnd {
  readonly job: ModelJob;
  readonly failure: { readonly error: unknown } | undefined;
}

/** Jobs at work at once, over all servers. */
const limit = 8;

/**
 * Does something with every model on every host of the settings, whatever fails.
 * @returns the result of each job, model by model
 * @throws UsageError when the provider has no models to manage, or the signal's reason
 */
export async function onEveryHost(
  models: readonly string[],
  settings: Settings,
  clock: Runtime,
  signal: AbortSignal,
  operation: (job: ModelJob) => Promise<void>,
): Promise<readonly JobEnd[]> {
  if (settings.provider !== 'ollama') {
    throw new UsageError(`models are managed on Ollama servers; the provider is '${settings.provider}'`);
  }
  const servers = settings.hosts.map((host) => ollamaServer({ host, clock }));
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

/**
 * Prints the result of every job on stdout, and failures as error lines on stderr.
 * @param done what has been done to a model, as in `pulled`
 * @returns the exit code: that of the first failure
 */
export async function reportJobs(
  terminal: Terminal,
  ends: readonly JobEnd[],
  done: string,
  flags: { readonly json?: boolean; readonly verbose?: boolean },
): Promise<number> {
  if (flags.json) await terminal.printJson(ends.map((end) => toJson(end, done)));
  let exitCode = 0;
  for (const { job, failure } of ends) {
    if (failure) {
      const code = printError(terminal, failure.error, flags.verbose === true);
      exitCode ||= code;
    } else if (!flags.json) {
      await terminal.print(`${job.server.url}: ${done} ${job.model}\n`);
    }
  }
  return exitCode;
}

function toJson({ job, failure }: JobEnd, done: string) {
  const place = { host: job.server.url, model: job.model };
  if (!failure) return { ...place, status: done };
  return {
    ...place,
    status: 'failed',
    error_code: codeOf(failure.error),
    error: spelledMessage(failure.error, flagOf),
  };
}
