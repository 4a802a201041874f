import type { Resources } from '../../foundation/resources.js';
import type { PullProgress } from '../../model/ollama/manage-models.js';
import { nameOf, onEveryHost, reportJobs } from '../models/on-every-host.js';
import { showPulls } from '../models/show-pulls.js';
import type { FlagsOf } from '../options/command-options.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const note = 'the download so far stays, and the same command resumes it';

/** `chorale pull`: models onto every host at once. What fails does not stop the others. */
export function pull(models: readonly string[], flags: FlagsOf<'pull'>, terminal: Terminal): Promise<number> {
  const work = async (signal: AbortSignal, resources: Resources) => {
    const display = showPulls(terminal);
    resources.defer(() => display.end());
    const ends = await onEveryHost(models, flags, terminal, signal, resources, async (job, heard) => {
      const onProgress = (progress: PullProgress) => {
        heard();
        display.update(nameOf(job), progress);
      };
      await job.server.pull(job.model, { signal, onProgress, insecure: flags.insecure });
    });
    display.end();
    return reportJobs(terminal, ends, 'pulled', flags);
  };
  return runUntilInterrupted(terminal, 'pull', work, { note });
}
