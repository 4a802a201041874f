import { expandInputs } from '../../data/expand-inputs.js';
import { deadline } from '../../foundation/abort.js';
import { RunTimeoutError } from '../../foundation/errors/chorale-error.js';
import { type Resources, withResources } from '../../foundation/resources.js';
import { checkFlags } from '../analyze/check-flags.js';
import { refuseLoss, takeLocks } from '../guard-files.js';
import { openEvents } from '../open-events.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import {
  loadSettings,
  refuseAutoCalibration,
  requestProbabilities,
  requirePromptReader,
  type Settings,
} from '../options/settings.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale analyze`: the sentiment of every review of a data set. */
export async function analyze(given: readonly string[], flags: AnalyzeFlags, terminal: Terminal): Promise<number> {
  const inputs = await expandInputs(given);
  checkFlags(inputs, flags, terminal.io.env);
  terminal.io.boundHeap(200);
  // Most code of the program: it is loaded once the flags are right, and before the time of `--timeout` begins.
  const { startAnalysis } = await import('../analyze/start-analysis.js');
  return runUntilInterrupted(terminal, 'analyze', (interrupted) =>
    withResources((resources) => analyzeUntil(interrupted, inputs, flags, terminal, resources, startAnalysis)),
  );
}

type StartAnalysis = typeof import('../analyze/start-analysis.js').startAnalysis;

async function analyzeUntil(
  interrupted: AbortSignal,
  inputs: readonly string[],
  flags: AnalyzeFlags,
  terminal: Terminal,
  resources: Resources,
  startAnalysis: StartAnalysis,
): Promise<number> {
  const { io } = terminal;
  const { timeoutMs, dryRun } = flags;
  const limit = deadline(io.runtime, timeoutMs, () => new RunTimeoutError(timeoutMs ?? 0), interrupted);
  resources.defer(() => limit.release());
  const settings = requestProbabilities(await loadSettings(flags, terminal), flags);
  requirePromptReader(settings);
  refuseAutoCalibration(settings, flags);
  const outputs = refuseOverwriting(inputs, flags, settings);
  const signal = await takeLocks(dryRun ? [] : outputs, limit.signal, resources);
  const { observer } = resources.use(await openEvents(flags.events, settings.observer, io, signal));
  return startAnalysis({ flags, settings, terminal, observer, signal, resources }, inputs);
}

/** @returns the outputs @throws UsageError if one would replace what the command reads or keeps */
function refuseOverwriting(inputs: readonly string[], flags: AnalyzeFlags, settings: Settings) {
  const outputs = [...(flags.out ?? []).map(({ path }) => path), flags.outProbabilities?.path, flags.events];
  const read = [...inputs, flags.calibrate].filter((path) => path !== undefined);
  refuseLoss({
    inputs: read.map((path) => ({ path, what: 'the input' })),
    prompts: [settings.prompt],
    config: flags.config,
    store: settings.store,
    outputs,
  });
  return outputs;
}
