import * as z from 'zod';
import { RepeatedIds } from '../../analysis/data-warnings.js';
import { resultColumns, resultRow } from '../../analysis/fields/field-columns.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import type { ReviewResult } from '../../analysis/review-result.js';
import type { RecordedRun, ReviewRunStatus } from '../../analysis/run-store.js';
import { queueWarning } from '../../analysis/run-warnings.js';
import { type ReviewStream, streamReviews } from '../../analysis/stream-reviews.js';
import type { Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { temperShares } from '../../classify/calibration/temperature-scaling.js';
import { StdoutClosedError } from '../../data/data-errors.js';
import { isTabular } from '../../data/data-format.js';
import type { Row } from '../../data/row.js';
import { refuseLargeTable } from '../../data/xlsx/sheet-limits.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import { InterruptedError } from '../../foundation/errors/chorale-error.js';
import type { ModelInfo } from '../../model/model.js';
import { workersOf } from '../options/settings.js';
import { flagOf } from '../print-error.js';
import { noProbabilities, probabilityFields, probabilityTable } from '../probability-fields.js';
import type { ProgressDisplay } from '../progress/show-progress.js';
import { Outputs, type OutputTable } from '../write-results.js';
import type { AnalysisPlan, AnalysisSetup } from './analysis-plan.js';
import { beginRun } from './begin-run.js';
import { AnsweredRows, checkPrompts, earlierCheck, type PromptCheck } from './check-prompts.js';
import { noteOn } from './choose-prompt.js';
import { type OpenInput, type RowReview, toReviews } from './open-input.js';

const answeredLabels = z.record(z.string(), z.object({ count: z.number() }));

/** How a run ended: its summary, and what stopped it early, if anything did. */
export interface AnalysisEnd {
  /** With `--prompt auto`, what the trial of the prompts found; after a run with gold labels, what other prompts came to. */
  readonly summary: Summary & { readonly prompt_trial?: PromptTrial; readonly prompt_check?: PromptCheck };
  readonly stopped: { readonly error: unknown } | undefined;
}

/** Sends every review to the model, records the outcomes, and writes them in order as they become available. */
export async function runAnalysis(plan: AnalysisPlan): Promise<AnalysisEnd> {
  const { agent, session, choices } = plan;
  const { progress, terminal } = session;
  refuseLargeTables(plan);
  progress.begin(`loading ${agent.model.name}`);
  const info = await agent.prepare({ signal: session.signal });
  const beforehand = await warningsBefore(plan, info);
  for (const warning of beforehand) terminal.warn(warning);
  progress.begin('opening the store and the outputs');
  const run = await beginRun(plan, info);
  // Sends no request for answers that cannot be recorded.
  const failing = new AbortController();
  const outputs = await openOutputs(plan, (error) => failing.abort(error));
  progress.begin('the first answer');
  const stream = openStream(plan, run, AbortSignal.any([session.signal, failing.signal]));
  const dropped = new Set<string>();
  const ids = new RepeatedIds();
  const answered = new AnsweredRows(agent.labels);
  let stopped = await attempt(() => writeAll(stream, outputs, plan, { dropped, ids, answered }));
  const ending = () => progress.during('the results are being written', outputs.end(stopped !== undefined));
  const unwritten = await attempt(ending);
  stopped ??= unwritten;
  progress.end();
  const check = stopped
    ? undefined
    : ((await checkPrompts(plan, answered, stream.summary().duration_ms)) ?? earlierCheck(answered, run));
  const warnings = [
    ...beforehand,
    ...ids.warnings(),
    ...warningsAfter(plan, stream, dropped),
    ...(check?.advice ? [check.advice] : []),
  ];
  const summary = {
    ...stream.summary(warnings),
    ...(choices.trial ? { prompt_trial: choices.trial } : {}),
    ...(check ? { prompt_check: check } : {}),
  };
  const unrecorded = await attempt(() => choices.store.end(statusOf(stopped), { ...summary }));
  stopped ??= unrecorded;
  return { summary, stopped };
}

async function warningsBefore(plan: AnalysisPlan, info: ModelInfo): Promise<readonly string[]> {
  const { settings, agent, session, choices } = plan;
  const quickCheck = settings.provider === 'ollama' ? (await import('./quick-check.js')).quickCheck : async () => [];
  return [
    ...(await quickCheck(settings, agent, session.signal)),
    ...differentWeights(agent, info),
    ...noteOn(choices.trial),
  ];
}

/** Answers of other weights are other answers. */
function differentWeights(agent: Agent, { digest }: ModelInfo): readonly string[] {
  if (!digest?.includes(' ')) return [];
  return [`the hosts have different models under the name ${agent.model.name}: ${digest.split(' ').join(', ')}`];
}

/** Nothing is emptied before the run is known to be this process's. */
async function openOutputs(plan: AnalysisPlan, onFailure: (error: unknown) => void): Promise<Outputs<WrittenOutcome>> {
  const { choices, session } = plan;
  const { terminal, signal } = session;
  try {
    return await Outputs.open(tablesOf(plan), { stdout: terminal.io.stdout, signal, onFailure });
  } catch (error) {
    await choices.store.end(statusOf({ error }), {});
    throw error;
  }
}

/** What is written of a review. */
interface WrittenOutcome {
  readonly row: Row;
  readonly result: ReviewResult;
  readonly expected: string | undefined;
  /** Label probabilities; null if they are not known. */
  readonly probabilities: readonly number[] | null;
}

function tablesOf({ agent, flags, settings, input }: AnalysisPlan): readonly OutputTable<WrittenOutcome>[] {
  const { columns, types, metadata } = input;
  const isMarked = flags.bom ?? settings.reading.bom ?? false;
  const mark = input.mark || isMarked;
  const added = resultColumns(agent.fields);
  const table = { columns, types, metadata, mark, fieldNames: added.names, fieldTypes: added.types };
  const results = (flags.out ?? []).map((target) => ({
    target: { ...target, ...table },
    fieldsOf: ({ result }: WrittenOutcome) => resultRow(result),
  }));
  if (!flags.outProbabilities) return results;
  const { labels } = agent;
  const ofLabels = {
    target: { ...probabilityTable({ target: flags.outProbabilities, labels }), mark: isMarked },
    fieldsOf: ({ result, expected, probabilities }: WrittenOutcome) =>
      probabilityFields(result, expected, labels, probabilities),
  };
  return [...results, ofLabels];
}

/** @throws OutputError if a workbook would get more rows than it has room for */
function refuseLargeTables(plan: AnalysisPlan): void {
  const { total } = plan.input;
  for (const { target } of total === null ? [] : tablesOf(plan)) {
    if (target.format !== 'xlsx') continue;
    refuseLargeTable(target.path, total ?? 0, target.columns.length + target.fieldNames.length);
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

function openStream(plan: AnalysisPlan, run: RecordedRun, signal: AbortSignal): ReviewStream<RowReview> {
  const { flags, agent, input, choices, session } = plan;
  return streamReviews(toReviews(input, new GoldLabels(agent.labels, flags.map)), {
    ...streamOptions(plan, input.total),
    labelled: input.roles.label !== undefined,
    maxTokens: flags.tokenLimit,
    maxCost: flags.costLimit,
    labelledFields: input.roles.gold.map(({ field }) => field),
    calibration: choices.calibration,
    run,
    reference: referenceOf(run, input),
    signal,
    onWarning(warning) {
      session.progress.end();
      session.terminal.warn(warning);
    },
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

/** How reviews are worked on, whatever becomes of the answers. @param total null if it is not known */
export function streamOptions({ settings, agent, session }: AnalysisSetup, total: number | null) {
  return {
    agent,
    ...workersOf(settings),
    failFast: settings.failFast,
    total: total ?? undefined,
    price: settings.prices[agent.model.name],
    signal: session.signal,
    spell: flagOf,
    observer: session.extras.observer,
    onProgress: progressOf(agent.labels, session.progress, total),
  };
}

/** Feeds the display with what is done, in the order in which it is. */
function progressOf(
  labels: readonly string[],
  progress: ProgressDisplay,
  total: number | null,
): (done: number, latest: ReviewResult) => void {
  const startedAt = performance.now();
  const byLabel = new Map(labels.map((label) => [label, 0]));
  let failed = 0;
  let reused = 0;
  return (done, { status, sentiment, cached }) => {
    if (status === 'failed') failed += 1;
    if (cached) reused += 1;
    if (sentiment !== null) byLabel.set(sentiment, (byLabel.get(sentiment) ?? 0) + 1);
    progress.update({ done, total, failed, reused, byLabel, elapsedMs: performance.now() - startedAt });
  };
}

/** After a review that was stopped nothing is written any more: the files hold the answered beginning. */
async function writeAll(
  stream: ReviewStream<RowReview>,
  outputs: Outputs<WrittenOutcome>,
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
    const probabilities = shownProbabilities(labelShares, plan);
    const behind = complete ? outputs.write({ row, result, expected, probabilities }) : undefined;
    if (behind) await plan.session.progress.during('the results are being written', behind);
    if (plan.input.roles.id !== undefined) ids.add(review.id);
    if (known) for (const column of review.row.columns) if (!known.has(column)) dropped.add(column);
  }
}

/** The label probabilities that the shown confidence is one of. */
function shownProbabilities(
  shares: readonly number[] | null,
  { flags, choices: { calibration } }: AnalysisPlan,
): readonly number[] | null {
  if (flags.outProbabilities === undefined || shares === null || !calibration) return shares;
  return temperShares(shares, calibration.temperature);
}

/** The columns of a table written from objects that could not be read beforehand: later keys have no place in it. */
function tableColumns({ flags, input }: AnalysisPlan): ReadonlySet<string> | undefined {
  const table = (flags.out ?? []).some(({ format }) => isTabular(format));
  return table && input.total === null ? new Set(input.columns) : undefined;
}

/** Warnings for the reader of the metrics. */
function warningsAfter(plan: AnalysisPlan, stream: ReviewStream<RowReview>, dropped: ReadonlySet<string>): string[] {
  const warnings: string[] = [];
  const { caveat } = plan.agent.model;
  if (caveat !== null) warnings.push(caveat);
  if (dropped.size > 0) {
    warnings.push(`the table lacks columns that the first row does not have: ${[...dropped].join(', ')}; write .jsonl`);
  }
  if (plan.flags.outProbabilities && stream.summary().confidence.count === 0) {
    warnings.push(noProbabilities);
  }
  const waited = queueWarning(stream.summary(), !plan.settings.adaptive);
  if (waited !== null) warnings.push(waited);
  return warnings;
}
