import type { ModelsFlags } from '../flags.js';
import { loadSettings } from '../load-settings.js';
import { onEveryHost } from '../models/on-every-host.js';
import { reportJobs } from '../models/report-jobs.js';
import { runUntilInterrupted } from '../signals/run-until-interrupted.js';

const interruptedNote = 'what is removed is gone';

/** `chorale rm`: models from every host at once. What fails does not stop the others. */
export function rm(models: readonly string[], flags: ModelsFlags): Promise<number> {
  return runUntilInterrupted(
    'rm',
    async (signal) => {
      const settings = await loadSettings(flags);
      const ends = await onEveryHost(models, settings, signal, async ({ model, server }) => {
        // Whether it is an Ollama server at all is told better by itself.
        await server.version({ signal });
        await server.remove(model, { signal });
      });
      return reportJobs(ends, 'removed', flags);
    },
    interruptedNote,
  );
}
