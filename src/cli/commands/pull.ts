import type { PullProgress } from '../../model/ollama/ollama-server.js';
import { onEveryHost, reportJobs } from '../models/on-every-host.js';
import { showPulls } from '../models/show-pulls.js';
import type { FlagsOf } from '../options/command-options.js';
import { loadSettings } from '../options/settings.js';
import { watchSilence } from '../progress/silence-watch.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const interruptedNote = 'the download so far stays, and the same command resumes it';

/** `chorale pull`: models onto every host at once. What fails does not stop the others. */
export function pull(models: readonly string[], flags: FlagsOf<'pull'>, terminal: Terminal): Promise<number> {
  return runUntilInterrupted(
    terminal,
    'pull',
    async (signal) => {
      const settings = await loadSettings(flags, terminal);
      const display = showPulls(terminal);
      try {
        const ends = await onEveryHost(models, settings, terminal.io.runtime, signal, async ({ model, server }) => {
          const name = `${model} at ${new URL(server.url).host}`;
          const silence = watchSilence((waiting) => terminal.note(`${name}: ${waiting} for the server`));
          const onProgress = (progress: PullProgress) => {
            silence.heard();
            display.update(name, progress);
          };
          try {
            // An unreachable server is reported at once, without retries.
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
