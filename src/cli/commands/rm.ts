import type { Resources } from '../../foundation/resources.js';
import { onEveryHost, reportJobs } from '../models/on-every-host.js';
import type { FlagsOf } from '../options/command-options.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const note = 'what is removed is gone';

/** `chorale rm`: models from every host at once. What fails does not stop the others. */
export function rm(models: readonly string[], flags: FlagsOf<'rm'>, terminal: Terminal): Promise<number> {
  const work = async (signal: AbortSignal, resources: Resources) => {
    const ends = await onEveryHost(models, flags, terminal, signal, resources, ({ model, server }) =>
      server.remove(model, { signal }),
    );
    return reportJobs(terminal, ends, 'removed', flags);
  };
  return runUntilInterrupted(terminal, 'rm', work, { note });
}
