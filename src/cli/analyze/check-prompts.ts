import type { Review } from '../../analysis/review.js';
import type { ReviewResult } from '../../analysis/review-result.js';
import type { RecordedRun } from '../../analysis/run-store.js';
import type { PromptMetrics } from '../../evaluate/prompt-trial.js';
import { shuffled } from '../../evaluate/trial-rows.js';
import { mcNemar } from '../../foundation/statistics/paired-tests.js';
import { wilsonInterval } from '../../foundation/statistics/proportions.js';
import { Reservoir, seededRandom } from '../../foundation/statistics/random-variates.js';
import { describeMetrics } from '../../report/render-prompt-trial.js';
import { shippedPrompts, tryShipped } from '../try-shipped.js';
import type { AnalysisSetup } from './analysis-plan.js';
import { isLimited } from './check-limits.js';

/** What the other prompts came to on rows of a run. */
export interface PromptCheck {
  readonly prompts: readonly PromptMetrics[];
  /** The sentence for people; null if no other prompt was better. */
  readonly advice: string | null;
}

/** Rows on which other prompts are tried. */
const checkedRows = 60;

/** Fewer rows with gold labels prove nothing. */
const fewestRows = 20;

/** An accuracy that is surely above this is not looked into. */
const goodEnough = 0.85;

/** Longest time for all other prompts together: so many milliseconds, or this share of the run where that is longer. */
const limit = { ms: 15_000, share: 0.05 };

/** A row that the run answered. */
interface AnsweredRow {
  readonly review: Review & { readonly expected: string };
  readonly isRight: boolean;
}

/** Rows with gold labels that a run answered, drawn at random: the other prompts are tried on them. */
export class AnsweredRows {
  private readonly drawn = new Reservoir<AnsweredRow>(checkedRows, seededRandom(1));
  private right = 0;
  private total = 0;
  private requested = 0;

  constructor(private readonly labels: readonly string[]) {}

  add({ index, id, text, expected }: Review, { sentiment, cached }: ReviewResult): void {
    if (sentiment === null || expected === undefined || !this.labels.includes(expected)) return;
    const isRight = sentiment === expected;
    this.total += 1;
    if (isRight) this.right += 1;
    if (!cached) this.requested += 1;
    this.drawn.add({ review: { index, id, text, expected }, isRight });
  }

  /** Whether another prompt might be worth a look, and this run has asked about anything. */
  get leavesRoom(): boolean {
    const { right, total, requested } = this;
    return total >= fewestRows && requested > 0 && wilsonInterval(right, total).lower < goodEnough;
  }

  /** Whether every answer was there already. */
  get isReused(): boolean {
    return this.total > 0 && this.requested === 0;
  }

  /** In a random order. */
  rows(): readonly AnsweredRow[] {
    return shuffled(this.drawn.items);
  }
}

/**
 * After a run with gold labels and the prompt that nobody chose: tries the other prompts of chorale on a few of its rows,
 * for at most 15 s or a twentieth of the run's time. Nothing where the accuracy leaves no room, or where it may not ask:
 * requests that nobody asked for go to the user's own Ollama only.
 * @returns undefined if nothing was tried
 */
export async function checkPrompts(
  setup: AnalysisSetup,
  answered: AnsweredRows,
  durationMs: number,
): Promise<PromptCheck | undefined> {
  const { flags, settings } = setup;
  const { terminal, signal, progress } = setup.session;
  const isChosen =
    flags.prompt !== undefined || flags.ask !== undefined || flags.promptCheck === false || isLimited(flags);
  if (isChosen || terminal.quiet || settings.provider !== 'ollama' || signal.aborted || !answered.leavesRoom)
    return undefined;
  progress.begin('trying the other prompts on a few rows (--no-prompt-check leaves that out)');
  try {
    return await tryOthers(setup, answered.rows(), Math.max(limit.ms, limit.share * durationMs));
  } catch {
    // The run is done: what goes wrong with the advice takes nothing from it.
    return undefined;
  } finally {
    progress.end();
  }
}

/** What an earlier session of the run found, where this one has asked about nothing. */
export function earlierCheck(answered: AnsweredRows, { begun }: RecordedRun): PromptCheck | undefined {
  const earlier = begun.resumed?.summary?.prompt_check;
  return answered.isReused && isCheck(earlier) ? earlier : undefined;
}

function isCheck(value: unknown): value is PromptCheck {
  return typeof value === 'object' && value !== null && 'advice' in value && 'prompts' in value;
}

async function tryOthers(
  { settings, agent, session: { extras, signal } }: AnalysisSetup,
  rows: readonly AnsweredRow[],
  limitMs: number,
): Promise<PromptCheck> {
  const others = (await shippedPrompts(settings)).filter((name) => name !== settings.prompt);
  const endsAt = performance.now() + limitMs;
  const tried: PromptMetrics[] = [];
  for (const name of others) {
    const leftMs = endsAt - performance.now();
    if (leftMs < 1_000) break;
    const answers = new Map<number, boolean>();
    const { prompts } = await tryShipped({
      settings: { ...settings, labels: agent.labels },
      extras,
      prompts: [name],
      reviews: rows.map(({ review }) => review),
      labelled: true,
      limitMs: leftMs,
      signal,
      onOutcome: ({ review, result }) => {
        if (result.status === 'ok' || result.status === 'failed')
          answers.set(review.index, result.sentiment === review.expected);
      },
    });
    tried.push(...prompts);
    // One that is better is named; which is the best is for an experiment.
    const advice = prompts.map((metrics) => adviceFor(metrics, rows, answers)).find((one) => one !== null);
    if (advice !== undefined) return { prompts: tried, advice };
  }
  return { prompts: tried, advice: null };
}

/** What another prompt does better on the rows that it answered, compared with this run; null if it does not. */
function adviceFor(
  metrics: PromptMetrics,
  rows: readonly AnsweredRow[],
  answers: ReadonlyMap<number, boolean>,
): string | null {
  const common = rows.filter(({ review }) => answers.has(review.index));
  const onlyOther = common.filter(({ review, isRight }) => answers.get(review.index) && !isRight).length;
  const onlyRun = common.filter(({ review, isRight }) => !answers.get(review.index) && isRight).length;
  if (common.length < fewestRows || onlyOther <= onlyRun) return null;
  const right = common.filter(({ isRight }) => isRight).length;
  const own = wilsonInterval(right, common.length);
  const mayBeChance = mcNemar(onlyRun, onlyOther) > 0.05;
  return [
    `--prompt ${metrics.prompt} does better on these data: ${describeMetrics(metrics)}, tried on rows of this run`,
    `the prompt of this run had ${(right / common.length).toFixed(2)} right there (${own.lower.toFixed(2)}–${own.upper.toFixed(2)})`,
    ...(mayBeChance
      ? ['the difference is not significant on so few rows: chorale experiment compares the prompts on all']
      : []),
  ].join('; ');
}
