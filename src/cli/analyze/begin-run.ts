import { randomUUID } from 'node:crypto';
import { fingerprintChanges, fingerprintOf } from '../../analysis/fingerprint.js';
import type { BegunRun, JsonObject, NewReviewRun, RecordedRun, RunProgress } from '../../analysis/run-store.js';
import { defaults } from '../../foundation/defaults.js';
import type { ModelInfo } from '../../model/model.js';
import { clipped } from '../../report/terminal-text.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { recordedSettings } from '../options/settings.js';
import type { AnalysisPlan } from './analysis-plan.js';
import type { OpenInput } from './open-input.js';

/**
 * Begins the run in its store or resumes the recorded one, and reports in one line which.
 * @throws RunBusyError, StoreError
 */
export async function beginRun(
  plan: AnalysisPlan,
  info: ModelInfo,
  command: 'analyze' | 'calibrate' = 'analyze',
): Promise<RecordedRun> {
  const { agent, flags, input, choices, session } = plan;
  const run: NewReviewRun = {
    runId: randomUUID(),
    command,
    fingerprint: fingerprintOf(agent, info),
    configuration: configurationOf(plan),
    input: inputOf(flags, input),
    fresh: flags.fresh === true,
    countTokens: flags.tokenLimit !== undefined || flags.costLimit !== undefined,
  };
  const begun = await choices.store.begin(run);
  const line = renderBeginning(run, begun, input.total);
  if (line !== null) session.terminal.note(line);
  return { store: choices.store, begun };
}

/** Which columns and rows are used. */
function inputOf(flags: AnalyzeFlags, input: OpenInput): NewReviewRun['input'] {
  const { limit = null, sample = null, seed = defaults.seed, map } = flags;
  const { text, id = null, label = null, gold, shown } = input.roles;
  const blank = flags.blank ? { blank: flags.blank } : {};
  const choice = {
    text,
    id,
    label,
    ...(gold.length > 0 && { gold: gold.map(({ field, column }) => [field, column]) }),
    ...blank,
    map: map ? [...map] : null,
    limit,
    sample,
    seed: sample === null ? null : seed,
    ...(shown.size > 0 && { shown: [...shown] }),
  };
  return { names: input.names, digest: input.digest, scan: input.scan, choice: JSON.stringify(choice) };
}

/** What was set, for people who look at the run later. */
function configurationOf({ settings, flags, choices }: AnalysisPlan): JsonObject {
  return {
    ...recordedSettings(settings),
    timeoutMs: flags.timeoutMs,
    out: flags.out?.map(({ path }) => path),
    calibrationTemperature: choices.calibration?.temperature,
    promptChosenBecause: choices.trial?.because,
  };
}

/** The most characters for changed settings: `chorale runs compare` shows them all. */
const mostChanges = 80;

/**
 * What this run reuses of earlier runs, and why not more, in one line; null if there is no earlier run.
 * @param total number of reviews; null if it is not known
 */
export function renderBeginning(run: NewReviewRun, begun: BegunRun, total: number | null): string | null {
  if (begun.resumed) return resumedLine(begun.runId, begun.resumed, total);
  if (!begun.before) return null;
  const { runId, progress, fingerprint, input } = begun.before;
  const changes = fingerprintChanges(fingerprint, run.fingerprint);
  const other = nameOf(runId, progress);
  if (changes.length > 0)
    return `a new run, since ${other} had other settings: ${clipped(readableFirst(changes).join(', '), mostChanges)}; its answers are not reused`;
  const what = input.digest !== run.input.digest ? 'read another input' : 'used other rows or columns';
  return `a new run, since ${other} ${what}; its answers to the same texts are reused (--fresh requests them again)`;
}

/** A changed hash says little: it comes last, so that truncation drops it first. */
function readableFirst(changes: readonly string[]): readonly string[] {
  const isHash = (change: string) => change.startsWith('prompt as sent ');
  return [...changes.filter((change) => !isHash(change)), ...changes.filter(isHash)];
}

function resumedLine(runId: string, progress: RunProgress, total: number | null): string {
  const { answered, failed, skipped } = progress;
  const all = total === null ? '' : ` of ${count(total)}`;
  const again = failed === 0 ? '' : `; ${count(failed)} that failed ${failed === 1 ? 'is' : 'are'} requested again`;
  const isComplete = total !== null && answered + skipped >= total;
  const rest = isComplete ? 'answered, and no request is sent' : 'answered already';
  return `resumes ${nameOf(runId, progress)}: ${count(answered)}${all} reviews are ${rest}${again} (--fresh starts over)`;
}

function nameOf(runId: string, { startedAt }: RunProgress): string {
  return `run ${runId.slice(0, 8)} of ${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
