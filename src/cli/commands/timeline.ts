import { writeFile } from 'node:fs/promises';
import { OutputError } from '../../data/data-errors.js';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { toChromeTrace } from '../../measure/timeline/chrome-trace.js';
import { renderTimeline, usualColumns } from '../../report/render-timeline.js';
import { refuseLoss } from '../guard-files.js';
import type { TimelineFlags } from '../options/command-options.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';
import { readTimeline } from '../timeline/read-events.js';

/** `chorale timeline`: when each worker did what, from the events of a run. */
export function timeline([path = '-']: readonly string[], flags: TimelineFlags, terminal: Terminal): Promise<number> {
  const { trace } = flags;
  refuseLoss({ inputs: [{ path, what: 'the events' }], prompts: [], config: undefined, outputs: [trace] });
  return runUntilInterrupted(
    terminal,
    'timeline',
    async (signal) => {
      const { io } = terminal;
      const { timeline: read, unreadable } = await readTimeline(path, io.stdin, signal);
      if (unreadable > 0) terminal.warn(`${path}: ${unreadable} lines are no events and were ignored`);
      if (trace !== undefined) await writeTrace(trace, JSON.stringify(toChromeTrace(read)), signal);
      const columns = io.stdout.isTTY ? io.stdout.columns || usualColumns : usualColumns;
      await terminal.printTables(() => renderTimeline(read, columns));
      return 0;
    },
    { note: 'nothing was changed' },
  );
}

async function writeTrace(path: string, text: string, signal: AbortSignal): Promise<void> {
  try {
    await writeFile(path, `${text}\n`, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new OutputError(path, `the trace cannot be written there (${systemCodeOf(cause) ?? String(cause)})`, {
      cause,
    });
  }
}
