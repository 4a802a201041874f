import * as z from 'zod';
import { RepeatedIds } from '../../analysis/duplicates.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { ReviewResult } from '../../analysis/review-result.js';
import type { StreamReviewsOptions } from '../../analysis/run-plan.js';
import type { RecordedRun, ReviewRunStatus } from '../../analysis/run-store.js';
import { queueWarning } from '../../analysis/run-warnings.js';
import { type ReviewStream, streamReviews } from '../../analysis/stream-reviews.js';
import type { Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { temperShares } from '../../classify/calibration/temperature-scaling.js';
import { StdoutClosedError } from '../../data/data-errors.js';
import { isTabular } from '../../data/data-format.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import { InterruptedError } from '../../foundation/errors/chorale-error.js';
import type { ModelInfo } from '../../model/model.js';
import { flagOf } from '../print-error.js';
import type { AnalysisPlan } from './analysis-plan.js';
import { beginRun } from './begin-run.js';
import { AnsweredRows, checkPrompts, earlierCheck, type PromptCheck } from './check-prompts.js';
import { checkThresholdFields } from './check-thresholds.js';
import { noteOn } from './choose-prompt.js';
import { type OpenInput, type RowReview, toReviews } from './open-input.js';
import { Outputs } from './outputs.js';

const answeredLabels = z.record(z.string(), z.object({ count: z.number() }));

/** How a run ended: its summary, and what stopped it early, if anything did. */
export interface AnalysisEnd {
  /** With `--prompt auto`, what the trial of the prompts found; after a run with gold labels, what other prompts came to. */
  readonly summary: Summary & { readonly prompt_trial?: PromptTrial; readonly prompt_check?: PromptCheck };
  readonly stopped: { readonly error: unknown } | undefined;
}

/** Rejects thresholds on fields that the summary will not have, before the first request. @throws UsageError */
export function checkAssertions(plan: AnalysisPlan): void {
  checkThresholdFields(plan.flags.assert ?? [], openStream(plan).summary());
}

/** Asks the model about every review, records the outcomes, and writes them in order as they become available. */
export async function runAnalysis(plan: AnalysisPlan): Promise<AnalysisEnd> {
  const { agent, signal, store } = plan;
  checkAssertions(plan);
  plan.progress.begin(`loading ${agent.model.name}`);
  const info = await agent.prepare({ signal });
  const beforehand = [
    ...(plan.settings.provider === 'ollama' ? await quickCheckOf(plan) : []),
    ...differentWeights(agent, info),
    ...noteOn(plan.trial),
  ];
  for (const warning of beforehand) plan.terminal.warn(warning);
  plan.progress.begin('opening the store and the outputs');
  const onWarning = (warning: string) => {
    plan.progress.end();
    plan.terminal.warn(warning);
  };
  const run = await beginRun(plan, info);
  // Sends no request for answers that cannot be recorded.
  const failing = new AbortController();
  const outputs = await openOutputs(plan, (error) => failing.abort(error));
  plan.progress.begin('the first answer');
  const stream = openStream({ ...plan, onWarning, signal: AbortSignal.any([signal, failing.signal]) }, run);
  const dropped = new Set<string>();
  const ids = new RepeatedIds();
  const answered = new AnsweredRows(agent.labels);
  let stopped = await attempt(() => writeAll(stream, outputs, plan, { dropped, ids, answered }));
  const ending = () => plan.progress.during('the results are being written', outputs.end(stopped !== undefined));
  const unwritten = await attempt(ending);
  stopped ??= unwritten;
  plan.progress.end();
  const check = stopped
    ? undefined
    : ((await checkPrompts(plan, answered, stream.summary().duration_ms)) ?? earlierCheck(answered, run));
  const warnings = [
    ...beforehand,
    ...ids.warnings(),
    ...warningsOf(plan, stream, dropped),
    ...(check?.advice ? [check.advice] : []),
  ];
  const summary = {
    ...stream.summary(warnings),
    ...(plan.trial ? { prompt_trial: plan.trial } : {}),
    ...(check ? { prompt_check: check } : {}),
  };
  const unrecorded = await attempt(() => store.end(statusOf(stopped), { ...summary }));
  stopped ??= unrecorded;
  return { summary, stopped };
}

async function quickCheckOf({ settings, agent, signal }: AnalysisPlan): Promise<readonly string[]> {
  const { quickCheck } = await import('./quick-check.js');
  return quickCheck(settings, agent, signal);
}

/** Answers of other weights are other answers. */
function differentWeights(agent: Agent, { digest }: ModelInfo): readonly string[] {
  if (!digest?.includes(' ')) return [];
  return [`the hosts have different models under the name ${agent.model.name}: ${digest.split(' ').join(', ')}`];
}

/** Nothing is emptied before the run is known to be this process's. */
async function openOutputs(
  { agent, flags, input, store, signal, terminal }: AnalysisPlan,
  onFailure: (error: unknown) => void,
): Promise<Outputs> {
  try {
    const target = flags.outProbabilities;
    const ofLabels = target && { target, labels: agent.labels };
    return await Outputs.open(flags.out ?? [], ofLabels, input, onFailure, terminal.io.stdout, signal);
  } catch (error) {
    await store.end(statusOf({ error }), {});
    throw error;
  }
}

async function attempt(work: () => Promise<void>): Promise<AnalysisEnd['stopped']> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** How a run ended, as its store records it. */
export function statusOf(stopped: AnalysisEnd['stopped']): Exclude<ReviewRunStatus, 'running'> {
  if (!stopped) return 'done';
  const { error } = stopped;
  return error instanceof InterruptedError || error instanceof StdoutClosedError ? 'interrupted' : 'stopped';
}

function openStream(
  plan: AnalysisPlan & Pick<StreamReviewsOptions, 'onWarning'>,
  run?: RecordedRun,
): ReviewStream<RowReview> {
  const { flags, agent, input, columns, calibration } = plan;
  return streamReviews(toReviews(input.rows, columns, new GoldLabels(agent.labels, flags.map)), {
    ...streamOptions(plan),
    labelled: columns.label !== undefined,
    calibration,
    run,
    reference: run && referenceOf(run, input),
    onWarning: plan.onWarning,
  });
}

/** The answers of the run before this one, where it was over the same rows. */
function referenceOf(
  { begun: { before } }: RecordedRun,
  { digest }: OpenInput,
): ReadonlyMap<string, number> | undefined {
  if (!before || digest === null || before.input.digest !== digest) return undefined;
  const { data } = answeredLabels.safeParse(before.progress.summary?.sentiment);
  return data && new Map(Object.entries(data).map(([label, { count }]) => [label, count]));
}

/** How reviews are worked on, whatever becomes of the answers. */
export function streamOptions(plan: Omit<AnalysisPlan, 'calibration' | 'store'>) {
  const { settings, agent, input, extras, signal } = plan;
  return {
    agent,
    workers: settings.adaptive ? settings.workerCap * Math.max(1, settings.hosts.length) : settings.workers,
    workerCap: settings.workerCap,
    failFast: settings.failFast,
    total: input.total ?? undefined,
    price: settings.prices[agent.model.name],
    signal,
    spell: flagOf,
    observer: extras.observer,
    onProgress: progressOf(plan),
  };
}

/** Feeds the display with what is done, in the order in which it is. */
function progressOf({
  agent,
  input,
  progress,
}: Pick<AnalysisPlan, 'agent' | 'input' | 'progress'>): (done: number, latest: ReviewResult) => void {
  const startedAt = performance.now();
  const byLabel = new Map(agent.labels.map((label) => [label, 0]));
  let failed = 0;
  let reused = 0;
  return (done, { status, sentiment, cached }) => {
    if (status === 'failed') failed += 1;
    if (cached) reused += 1;
    if (sentiment !== null) byLabel.set(sentiment, (byLabel.get(sentiment) ?? 0) + 1);
    progress.update({ done, total: input.total, failed, reused, byLabel, elapsedMs: performance.now() - startedAt });
  };
}

/** After a review that was stopped nothing is written any more: the files hold the answered beginning. */
async function writeAll(
  stream: ReviewStream<RowReview>,
  outputs: Outputs,
  plan: AnalysisPlan,
  seen: { readonly dropped: Set<string>; readonly ids: RepeatedIds; readonly answered: AnsweredRows },
): Promise<void> {
  const { dropped, ids, answered } = seen;
  const known = tableColumns(plan);
  let complete = true;
  for await (const { review, result, labelShares } of stream.outcomes) {
    if (result.status === 'cancelled') complete = false;
    answered.add(review, result);
    const { row, expected } = review;
    const written = { row, result, expected, probabilities: calibrated(labelShares, plan) };
    const behind = complete ? outputs.write(written) : undefined;
    if (behind) await plan.progress.during('the results are being written', behind);
    if (plan.columns.id !== undefined) ids.add(review.id);
    if (known) for (const column of review.row.columns) if (!known.has(column)) dropped.add(column);
  }
}

/** The label probabilities that the shown confidence is one of. */
function calibrated(shares: readonly number[] | null, { flags, calibration }: AnalysisPlan): readonly number[] | null {
  if (flags.outProbabilities === undefined || shares === null || !calibration) return shares;
  return temperShares(shares, calibration.temperature);
}

/** The columns of a table written from objects that could not be read beforehand: later keys have no place in it. */
function tableColumns({ flags, input }: AnalysisPlan): ReadonlySet<string> | undefined {
  const table = (flags.out ?? []).some(({ format }) => isTabular(format));
  return table && input.total === null ? new Set(input.columns) : undefined;
}

/** Warnings for the reader of the metrics. */
function warningsOf(plan: AnalysisPlan, stream: ReviewStream<RowReview>, dropped: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  const { caveat } = plan.agent.model;
  if (caveat !== null) warnings.push(caveat);
  if (dropped.size > 0) {
    warnings.push(`the table lacks columns that the first row does not have: ${[...dropped].join(', ')}; write .jsonl`);
  }
  if (plan.flags.outProbabilities && stream.summary().confidence.count === 0) {
    warnings.push('the file of label probabilities holds none: no answer has a confidence');
  }
  const waited = queueWarning(stream.summary(), !plan.settings.adaptive);
  if (waited !== null) warnings.push(waited);
  return warnings;
}
