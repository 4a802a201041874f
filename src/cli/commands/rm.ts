import { onEveryHost, reportJobs } from '../models/on-every-host.js';
import type { FlagsOf } from '../options/command-options.js';
import { loadSettings } from '../options/settings.js';
import { watchSilence } from '../progress/silence-watch.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const interruptedNote = 'what is removed is gone';

/** `chorale rm`: models from every host at once. What fails does not stop the others. */
export function rm(models: readonly string[], flags: FlagsOf<'rm'>, terminal: Terminal): Promise<number> {
  return runUntilInterrupted(
    terminal,
    'rm',
    async (signal) => {
      const settings = await loadSettings(flags, terminal);
      const ends = await onEveryHost(models, settings, terminal.io.runtime, signal, async ({ model, server }) => {
        const silence = watchSilence((waiting) => terminal.log(`${server.url}: ${waiting} for the server`));
        try {
          // Asks first whether it is an Ollama server: that error is clearer.
          await server.version({ signal });
          await server.remove(model, { signal });
        } finally {
          silence.stop();
        }
      });
      return reportJobs(terminal, ends, 'removed', flags);
    },
    interruptedNote,
  );
}
