import type { PullProgress } from '../../model/ollama/ollama-server.js';
import type { PullFlags } from '../flags.js';
import { loadSettings } from '../load-settings.js';
import { onEveryHost } from '../models/on-every-host.js';
import { reportJobs } from '../models/report-jobs.js';
import { showPulls } from '../models/show-pulls.js';
import { watchSilence } from '../progress/silence-watch.js';
import { runUntilInterrupted } from '../signals/run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const interruptedNote = 'what is downloaded stays, and the same command goes on from there';

/** `chorale pull`: models onto every host at once. What fails does not stop the others. */
export function pull(models: readonly string[], flags: PullFlags, terminal: Terminal): Promise<number> {
  return runUntilInterrupted(
    terminal,
    'pull',
    async (signal) => {
      const settings = await loadSettings(flags, terminal);
      const display = showPulls(terminal, flags.quiet === true);
      try {
        const ends = await onEveryHost(models, settings, signal, async ({ model, server }) => {
          const name = `${model} at ${new URL(server.url).host}`;
          const silence = watchSilence((waiting) => flags.quiet || terminal.log(`${name}: ${waiting} for the server`));
          const onProgress = (progress: PullProgress) => {
            silence.heard();
            display.update(name, progress);
          };
          try {
            // A server that is not there is told at once, and not tried again.
            await server.version({ signal });
            await server.pull(model, { signal, onProgress, insecure: flags.insecure });
          } finally {
            silence.stop();
          }
        });
        display.end();
        return await reportJobs(terminal, ends, 'pulled', flags);
      } finally {
        display.end();
      }
    },
    interruptedNote,
  );
}
