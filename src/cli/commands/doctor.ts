import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { InputError } from '../../data/data-errors.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { Resources } from '../../foundation/resources.js';
import { examineHost, type HostDiagnosis, isHealthy } from '../../measure/doctor/examine-host.js';
import { publicAddress } from '../../model/http/address.js';
import { ollamaServer } from '../../model/ollama/manage-models.js';
import { renderDiagnosis } from '../../report/render-diagnosis.js';
import { withConfiguredReading } from '../analyze/configured-reading.js';
import { mendContext, renderPromptAdvice, tryPromptsOn } from '../doctor/prompt-advice.js';
import { type Sample, sampleInput } from '../doctor/sample-input.js';
import { makeAgent, silentExtras } from '../make-model-and-agent.js';
import type { DoctorFlags } from '../options/command-options.js';
import { defaultOf } from '../options/parse-options.js';
import { loadSettings, type Settings, withoutAuto } from '../options/settings.js';
import { watchSilence } from '../progress/silence-watch.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import { shownColumns } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';

/** A run would fail because of the server or the model; or because of the prompt. */
const exitCodes = { healthy: 0, noModel: 4, unfit: 5 };

/** `chorale doctor`: checks the hosts one after the other, and reports each problem with its fix. */
export function doctor(inputs: readonly string[], flags: DoctorFlags, terminal: Terminal): Promise<number> {
  const work = (signal: AbortSignal, resources: Resources) => examine(inputs, flags, terminal, signal, resources);
  return runUntilInterrupted(terminal, 'doctor', work, { note: 'nothing was changed' });
}

async function examine(
  inputs: readonly string[],
  given: DoctorFlags,
  terminal: Terminal,
  signal: AbortSignal,
  resources: Resources,
): Promise<number> {
  const settings = withoutAuto(await loadSettings(given, terminal));
  const flags = withConfiguredReading(given, settings, inputs);
  if (settings.provider === 'lexicon') throw new UsageError('the lexicon needs no doctor: it asks no server');
  const [first] = inputs;
  if (flags.label !== undefined && first === undefined)
    throw new UsageError('--label is a column of a data set, and none is given');
  const prompt = await loadPrompt(settings.prompt);
  const labels = settings.labels ?? prompt.labels;
  const shown = shownColumns([prompt], settings, flags);
  const { trial: trialRows, ...sample } = await sampleInput(inputs, flags, labels, shown, terminal, signal);
  if (sample.inputs.length === 0 && first !== undefined) {
    throw new InputError({ path: first }, 'holds no review to ask about');
  }
  if (settings.hosts.length === 0) throw new UsageError(`--provider ${settings.provider} needs an address: --host URL`);
  const found: Found[] = [];
  let isTried = false;
  for (const host of settings.hosts) {
    const onHost = { ...settings, hosts: [host] };
    const diagnosis = await examineOne(onHost, host, sample, flags, terminal, signal, resources);
    const shown = publicAddress(host);
    if (!flags.json) await terminal.printTables(() => renderDiagnosis(shown, diagnosis));
    // The answers do not depend on the host: one that is healthy is enough.
    const tries = !isTried && isHealthy(diagnosis);
    const trial = tries ? await tryPromptsOn(trialRows, onHost, flags, terminal, signal) : undefined;
    if (trial) isTried = true;
    if (trial && !flags.json)
      await terminal.printTables(() => renderPromptAdvice(trial, inputs, settings, flags, terminal));
    found.push({ host: shown, diagnosis, trial });
  }
  if (flags.json) await terminal.printJson(found.map(toJson));
  return exitCodeOf(found.map(({ diagnosis }) => diagnosis));
}

/** What was found out about a host. */
interface Found {
  readonly host: string;
  readonly diagnosis: HostDiagnosis;
  /** Of the prompts; on one host only. */
  readonly trial: PromptTrial | undefined;
}

async function examineOne(
  settings: Settings,
  host: string,
  sample: Omit<Sample, 'trial'>,
  flags: DoctorFlags,
  terminal: Terminal,
  signal: AbortSignal,
  resources: Resources,
): Promise<HostDiagnosis> {
  const agent = await makeAgent(settings, silentExtras);
  resources.defer(() => agent.model.close());
  const server =
    settings.provider === 'ollama' ? resources.use(ollamaServer({ host, apiKey: settings.apiKey })) : undefined;
  const shown = publicAddress(host);
  let current = 'querying the server';
  const silence = watchSilence((waiting) => terminal.note(`${shown}: ${waiting}: ${current}`));
  resources.defer(() => silence.stop());
  const onStep = (step: string) => {
    current = step;
    silence.heard();
    terminal.note(`${shown}: ${step}`);
  };
  const diagnosis = await examineHost({
    agent,
    server,
    ...sample,
    workers: settings.workers,
    probeMs: flags.quick ? 0 : (flags.probeMs ?? defaultOf('probeMs')),
    contextCommand: (tokens) => mendContext(settings.prompt, tokens),
    onStep,
    signal,
  });
  silence.stop();
  return diagnosis;
}

function toJson({ host, diagnosis, trial }: Found) {
  const { checks, slots, prefixCache, throughput, estimate } = diagnosis;
  return {
    host,
    healthy: isHealthy(diagnosis),
    checks,
    slots: slots && { count: slots.count, at_least: slots.atLeast },
    prefix_cache: prefixCache && { cold_ms: prefixCache.coldMs, warm_ms: prefixCache.warmMs },
    throughput: throughput && {
      workers: throughput.workers,
      answered: throughput.answered,
      failed: throughput.failed,
      per_second: throughput.perSecond,
      duration_ms: throughput.durationMs,
    },
    estimate: estimate && {
      reviews: estimate.reviews,
      duration_ms: estimate.durationMs,
      tokens: { prompt: estimate.promptTokens, completion: estimate.completionTokens },
      based_on: estimate.basedOn,
    },
    prompt_trial: trial ?? null,
  };
}

function exitCodeOf(diagnoses: readonly HostDiagnosis[]): number {
  const wrong = diagnoses.flatMap(({ checks }) => checks.filter(({ status }) => status === 'wrong'));
  if (wrong.length === 0) return exitCodes.healthy;
  return wrong.some(({ name }) => name !== 'prompt') ? exitCodes.noModel : exitCodes.unfit;
}
