import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Agent } from '../../classify/agent.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { splitSheet } from '../../data/data-format.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { Resources } from '../../foundation/resources.js';
import type { CommandFiles } from '../guard-files.js';
import { makeAgent } from '../make-model-and-agent.js';
import { startStore } from '../open-store.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import {
  autoPrompt,
  loadSettings,
  requestProbabilities,
  requirePromptReader,
  type Settings,
  withoutAuto,
} from '../options/settings.js';
import { openSession } from '../session.js';
import { reservedNote, shownColumns } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';
import { shippedPrompts } from '../try-shipped.js';
import type { AnalysisSetup } from './analysis-plan.js';
import { askedPrompt } from './asked-prompt.js';
import { calibrate, findCalibration } from './calibrate.js';
import { checkGoldFields, checkGoldLabels } from './check-gold-labels.js';
import { checkLimits } from './check-limits.js';
import { resolveThresholds } from './check-thresholds.js';
import { choosePrompt } from './choose-prompt.js';
import { conclude, showCalibration } from './conclude.js';
import { withConfiguredReading } from './configured-reading.js';
import { dryRun } from './dry-run.js';
import { resolveGold } from './gold-columns.js';
import { likelyText, type OpenInput, openInput } from './open-input.js';
import { runAnalysis } from './run-analysis.js';

/** Opens what the run needs, plans and runs it, and reports. @returns the exit code */
export async function startAnalysis(
  inputs: readonly string[],
  given: AnalyzeFlags,
  terminal: Terminal,
  stop: AbortSignal,
  resources: Resources,
): Promise<number> {
  const loaded = requestProbabilities(await loadSettings(given, terminal), given);
  const read = [...inputs, given.calibrate].filter((path) => path !== undefined);
  const flags = withConfiguredReading(given, loaded, read);
  const asked = await askedPrompt(flags, loaded, terminal);
  const settings = asked ? { ...loaded, prompt: flags.savePrompt ?? asked.name } : loaded;
  requirePromptReader(settings);
  if (settings.prompt === autoPrompt && flags.calibrate !== undefined) {
    throw new UsageError('--calibrate is for one prompt, and --prompt auto chooses one: name the prompt');
  }
  const files = filesOf(inputs, flags, settings);
  const opened = await openSession(flags, settings, files, terminal, stop, resources);
  const session = { ...opened, extras: { ...opened.extras, prompt: asked } };
  const warn = (warning: string) => terminal.warn(warning);
  const starting = flags.dryRun ? undefined : resources.use(startStore(settings, warn));
  const agent = await makeAgent(withoutAuto(settings), session.extras);
  resources.defer(() => agent.model.close());
  checkLimits(flags, settings, agent.model.name);
  refuseWithoutLabel(agent, flags);
  const prompt = asked ?? (await loadPrompt(withoutAuto(settings).prompt));
  const shown = shownColumns([prompt], settings, flags);
  const setup = { flags: resolveGold(flags, agent), settings, agent, session, shown };
  const store = starting && resources.use(await starting.open());
  if (store && inputs.length === 0 && flags.calibrate !== undefined) {
    return showCalibration(await calibrate(flags.calibrate, setup, store, true), true, flags, terminal);
  }
  const input = await openAnalysed(inputs, setup, store && ((digest) => store.scanOf(digest)));
  if (!store) return planOnly(setup, input);
  const assert = resolveThresholds(setup, input);
  const choice = settings.prompt === autoPrompt ? await choosePrompt(setup, input, store) : undefined;
  const chosen = choice ? await withPrompt(choice.trial.chosen, setup, resources) : setup;
  const calibrated = flags.calibrate === undefined ? undefined : await calibrate(flags.calibrate, chosen, store, false);
  if (calibrated) await showCalibration(calibrated, false, flags, terminal);
  const saved = calibrated ?? (flags.calibration === false ? null : await findCalibration(chosen.agent, terminal));
  const choices = { store, calibration: saved?.calibration, trial: choice?.trial };
  const end = await runAnalysis({ ...chosen, input: choice?.input ?? input, choices });
  return conclude(end, calibrated, assert ? { ...flags, assert } : flags, settings.store, terminal);
}

/** Rejects options about labels where the answers have none. @throws UsageError */
function refuseWithoutLabel({ labels, promptId }: Agent, { calibrate, outProbabilities }: AnalyzeFlags): void {
  const option = calibrate !== undefined ? '--calibrate' : outProbabilities && '--out-probabilities';
  if (labels.length > 0 || !option) return;
  throw new UsageError(`${option} is about labels, and no field of the prompt ${promptId} is the label`);
}

function filesOf(inputs: readonly string[], flags: AnalyzeFlags, { prompt, store }: Settings): CommandFiles {
  const read = [...inputs, flags.calibrate].filter((path) => path !== undefined);
  return {
    inputs: read.map((path) => ({ path: splitSheet(path).path, what: 'the input' })),
    prompts: flags.ask === undefined ? [prompt] : [],
    config: flags.config,
    store,
    outputs: [...(flags.out ?? []).map(({ path }) => path), flags.outProbabilities?.path, flags.events],
  };
}

/** Opens the input, and checks its gold labels. Beside the rows of `--calibrate`, which `--label` is about, it may have none. */
async function openAnalysed(
  inputs: readonly string[],
  { flags, agent, session, shown }: AnalysisSetup,
  scanOf: Parameters<typeof openInput>[1]['scanOf'],
): Promise<OpenInput> {
  const { signal, terminal } = session;
  const mayLackLabel = flags.calibrate !== undefined;
  const options = { flags, selection: flags, stdin: terminal.io.stdin, signal, scanOf, mayLackLabel, shown };
  const opened = await openInput(inputs, options);
  const likely = scanOf && likelyText(opened.roles, flags);
  const reserved = reservedNote(opened.columns, opened.roles.text, opened.roles.shown);
  const notes = [...opened.notes, likely, reserved].filter((note) => note !== undefined);
  for (const note of notes) terminal.note(note);
  await checkGoldFields(opened);
  // Without labels there are no gold labels to check.
  return agent.labels.length === 0
    ? opened
    : checkGoldLabels(opened, new GoldLabels(agent.labels, flags.map), terminal);
}

async function planOnly({ flags, settings, agent, session }: AnalysisSetup, input: OpenInput): Promise<number> {
  const tried = settings.prompt === autoPrompt ? await shippedPrompts(settings) : undefined;
  await dryRun(input, agent, flags.json === true, session.terminal, tried);
  return 0;
}

async function withPrompt(prompt: string, setup: AnalysisSetup, resources: Resources): Promise<AnalysisSetup> {
  const settings = { ...setup.settings, prompt };
  const agent = await makeAgent(settings, setup.session.extras);
  resources.defer(() => agent.model.close());
  return { ...setup, settings, agent };
}
