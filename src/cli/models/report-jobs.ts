import { codeOf, messageOf } from '../../foundation/errors/chorale-error.js';
import { printError } from '../print-error.js';
import type { Terminal } from '../terminal.js';
import type { JobEnd } from './on-every-host.js';

/**
 * Prints what became of every job, on stdout; failures as lines of errors on stderr.
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
  return { ...place, status: 'failed', error_code: codeOf(failure.error), error: messageOf(failure.error) };
}
