import { deadline, nodeHost } from '../../concurrency/index.js';
import { StdoutClosedError } from '../../dataset/index.js';
import { RunTimeoutError } from '../../errors/index.js';
import { renderSummary } from '../../report/index.js';
import { checkFlags } from '../analyze/check-flags.js';
import { requireThresholds } from '../analyze/check-thresholds.js';
import { dryRun } from '../analyze/dry-run.js';
import { openInput } from '../analyze/open-input.js';
import { type AnalysisEnd, runAnalysis } from '../analyze/run-analysis.js';
import { resolveColumns } from '../analyze/to-reviews.js';
import type { AnalyzeFlags } from '../flags.js';
import { loadSettings } from '../load-settings.js';
import { makeAgent } from '../make-agent.js';
import { openEvents } from '../open-events.js';
import { printError } from '../print-error.js';
import { showProgress } from '../progress/show-progress.js';
import { tellHosts } from '../progress/tell-hosts.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import { print, tell } from '../standard-streams.js';

const exitCodes = { done: 0, someFailed: 5 };

/** `chorale analyze`: the sentiment of every review of a data set. */
export async function analyze(inputs: readonly string[], flags: AnalyzeFlags): Promise<number> {
  checkFlags(inputs, flags);
  return runUntilInterrupted('analyze', async (interrupted) => {
    const limitMs = flags.timeout;
    const limit = deadline(nodeHost, limitMs, () => new RunTimeoutError(limitMs ?? 0), interrupted);
    try {
      return await analyzeUntil(limit.signal, inputs, flags);
    } finally {
      limit.release();
    }
  });
}

async function analyzeUntil(signal: AbortSignal, inputs: readonly string[], flags: AnalyzeFlags): Promise<number> {
  const settings = await loadSettings(flags);
  const events = openEvents(flags.events, settings.observer);
  const { observer } = events;
  try {
    // Events on stderr shall be nothing but JSON lines.
    const quiet = flags.quiet === true || flags.events === '-';
    const progress = showProgress(quiet);
    const agent = await makeAgent(settings, {
      observer,
      hostObserver: quiet ? undefined : tellHosts(progress),
      verbose: flags.verbose === true,
      simulateLatencyMs: flags.simulateLatency,
    });
    try {
      const input = await openInput(inputs, flags.format, flags, signal);
      const columns = resolveColumns(input.columns, flags);
      if (flags.dryRun) {
        await dryRun(input, columns, agent, flags.json === true);
        return exitCodes.done;
      }
      // Events on stderr shall be nothing but JSON lines.
      const quiet = flags.quiet === true || flags.events === '-';
      const progress = showProgress(quiet);
      const warn = (warning: string) => quiet || tell(`warning: ${warning}`);
      const end = await runAnalysis({ flags, settings, agent, input, columns, observer, progress, warn, signal });
      return await conclude(end, flags, quiet);
    } finally {
      await agent.model.close();
    }
  } finally {
    await events.close();
  }
}

/** Prints what the run came to, and finds the exit code. */
async function conclude(
  { summary, noticed, stopped }: AnalysisEnd,
  flags: AnalyzeFlags,
  quiet: boolean,
): Promise<number> {
  if (stopped?.error instanceof StdoutClosedError) return exitCodes.done;
  const resultsOnStdout = (flags.out ?? []).some(({ path }) => path === '-');
  if (flags.json) await print(`${JSON.stringify(summary)}\n`);
  else if (!resultsOnStdout) await print(renderSummary(summary));
  else if (!quiet) process.stderr.write(renderSummary(summary));
  if (!quiet) for (const warning of summary.warnings) if (!noticed.includes(warning)) tell(`warning: ${warning}`);
  if (stopped) return printError(stopped.error, flags.verbose === true);
  if (summary.failed > 0) {
    if (!quiet) tell(`${summary.failed} of ${summary.items} reviews failed; the results say why, row by row`);
    return exitCodes.someFailed;
  }
  requireThresholds(flags.assert ?? [], summary);
  return exitCodes.done;
}
