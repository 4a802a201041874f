import { codeOf, spelledMessage, UsageError } from '../../foundation/errors/chorale-error.js';
import type { Resources } from '../../foundation/resources.js';
import { type OllamaServer, ollamaServer } from '../../model/ollama/manage-models.js';
import { runBounded } from '../../orchestration/parallel/process-parallel.js';
import type { FlagsOf } from '../options/command-options.js';
import { loadSettings } from '../options/settings.js';
import { flagOf, printError } from '../print-error.js';
import { watchSilence } from '../progress/silence-watch.js';
import type { Terminal } from '../terminal.js';

/** One model on one server. */
export interface ModelJob {
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

/** Model and host, for people. */
export function nameOf({ model, server }: ModelJob): string {
  return `${model} at ${new URL(server.url).host}`;
}

/**
 * Does something with every model on every host of the settings, whatever fails.
 * @param operation calls `heard` when it hears of the server
 * @returns the result of each job, model by model
 * @throws ConfigError; UsageError when the provider has no models to manage; the signal's reason
 */
export async function onEveryHost(
  models: readonly string[],
  flags: FlagsOf<'rm'>,
  terminal: Terminal,
  signal: AbortSignal,
  resources: Resources,
  operation: (job: ModelJob, heard: () => void) => Promise<void>,
): Promise<readonly JobEnd[]> {
  const { provider, hosts, apiKey } = await loadSettings(flags, terminal);
  if (provider !== 'ollama') {
    throw new UsageError(`models are managed on Ollama servers; the provider is '${provider}'`);
  }
  const servers = hosts.map((host) => resources.use(ollamaServer({ host, apiKey, clock: terminal.io.runtime })));
  const jobs = [...new Set(models)].flatMap((model) => servers.map((server) => ({ model, server })));
  const run = async (job: ModelJob) => {
    const silence = watchSilence((waiting) => terminal.note(`${nameOf(job)}: ${waiting} for the server`));
    try {
      // A server that is not there, or is no Ollama server, is told at once.
      await job.server.version({ signal });
      await operation(job, silence.heard);
    } finally {
      silence.stop();
    }
  };
  const failures = await runBounded(jobs, run, { concurrency: limit, signal });
  signal.throwIfAborted();
  const byIndex = new Map(failures.map(({ index, error }) => [index, { error }]));
  return jobs.map((job, index) => ({ job, failure: byIndex.get(index) }));
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
  flags: FlagsOf<'rm'>,
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
