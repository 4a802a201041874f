import type { Resources } from '../foundation/resources.js';
import { type CommandFiles, refuseLoss, takeLocks } from './guard-files.js';
import type { AgentExtras } from './make-model-and-agent.js';
import { openEvents } from './open-events.js';
import type { AnalyzeFlags } from './options/command-options.js';
import type { Settings } from './options/settings.js';
import { type ProgressDisplay, showProgress } from './progress/show-progress.js';
import { waitedFor } from './progress/waits.js';
import type { Terminal } from './terminal.js';

/** What a command that classifies has from its beginning to its end. */
export interface Session {
  readonly terminal: Terminal;
  readonly progress: ProgressDisplay;
  /** Aborted by a signal, by the time limit, and where another process has taken over an output. */
  readonly signal: AbortSignal;
  /** Of every agent that the command makes. */
  readonly extras: AgentExtras;
}

type SessionFlags = Pick<AnalyzeFlags, 'dryRun' | 'events' | 'verbose' | 'simulateLatencyMs'>;

/**
 * Checks and locks the files of a command, and opens its events and its progress.
 * @throws UsageError, OutputError; as `openEvents`
 */
export async function openSession(
  flags: SessionFlags,
  settings: Settings,
  files: CommandFiles,
  terminal: Terminal,
  stop: AbortSignal,
  resources: Resources,
): Promise<Session> {
  refuseLoss(files);
  const signal = await takeLocks(flags.dryRun ? [] : files.outputs, stop, resources);
  const { observer } = resources.use(await openEvents(flags.events, settings.observer, terminal.io, signal));
  const progress = showProgress(terminal, waitedFor(settings));
  resources.defer(() => progress.end());
  const { verbose = false, simulateLatencyMs } = flags;
  return {
    terminal,
    progress,
    signal,
    extras: { observer, hostObserver: progress.observer, verbose, simulateLatencyMs },
  };
}
