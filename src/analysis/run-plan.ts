import * as z from 'zod';
import type { Agent } from '../classify/agent.js';
import { type Calibration, type CalibrationTarget, isFor } from '../classify/calibration/calibration.js';
import { InvalidOptionError, type SpellOption } from '../foundation/errors/chorale-error.js';
import type { Observer } from '../foundation/events/event.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { defaultWorkerCap, workerCount } from '../orchestration/parallel/workers.js';
import type { ReviewResult } from './review-result.js';
import type { RecordedRun } from './run-store.js';
import type { TokenPrice } from './summary.js';
import { TokenBudget } from './token-budget.js';

/** Options of `streamReviews`. */
export interface StreamReviewsOptions {
  readonly agent: Agent;
  /** Exactly this many workers, but never more than reviews; 0: the automatic count. @default 0 */
  readonly workers?: number | undefined;
  /** Upper bound of the automatic count. @default 16 */
  readonly workerCap?: number | undefined;
  /** The first failure stops the run. @default false */
  readonly failFast?: boolean | undefined;
  /** Number of reviews. @default the length of an array, else not known */
  readonly total?: number | undefined;
  /** Whether the reviews carry gold labels, with which the predictions are compared. @default false */
  readonly labelled?: boolean | undefined;
  /** The fields for which the reviews carry gold values. @default none */
  readonly labelledFields?: readonly string[] | undefined;
  /** Price of the model's tokens; the summary then has the cost. @default not known */
  readonly price?: TokenPrice | undefined;
  /** Most tokens of prompts and answers in all sessions of the run, which ends before it exceeds them. @default no limit */
  readonly maxTokens?: number | undefined;
  /** The same for the cost, by `price` and in its currency. @default no limit */
  readonly maxCost?: number | undefined;
  /** Adjusts the confidence; fitted for this model, prompt and labels. Labels stay. @default none */
  readonly calibration?: Calibration | undefined;
  /** Name of the run in events and summary. @default that of `run`, else '' */
  readonly runId?: string | undefined;
  /** Where the outcomes are recorded. Reviews with a recorded prediction are not sent again. @default nowhere */
  readonly run?: RecordedRun | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each completed review, in the order of completion. A callback that throws is dropped. */
  readonly onProgress?: ((completed: number, latest: ReviewResult) => void) | undefined;
  /** Called at once with each reason to doubt the predictions; the summary has it too. A callback that throws is dropped. */
  readonly onWarning?: ((warning: string) => void) | undefined;
  /** Writes an option that a warning or the error of a review names. @default as a caller of the library knows it */
  readonly spell?: SpellOption | undefined;
  /** Predictions by label of an earlier run over the same rows: a run with a very different distribution gets a warning. */
  readonly reference?: ReadonlyMap<string, number> | undefined;
  /** Receives the events of the run and of its workers. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  readonly runtime?: Runtime | undefined;
}

export const streamOptions: OptionNames<StreamReviewsOptions> = {
  agent: true,
  workers: true,
  workerCap: true,
  failFast: true,
  total: true,
  labelled: true,
  labelledFields: true,
  price: true,
  maxTokens: true,
  maxCost: true,
  calibration: true,
  runId: true,
  run: true,
  signal: true,
  onProgress: true,
  onWarning: true,
  spell: true,
  reference: true,
  observer: true,
  runtime: true,
};

/** The resolved options of a run. */
export interface RunPlan {
  readonly options: StreamReviewsOptions & { readonly workerCap: number; readonly runtime: Runtime };
  readonly agent: Agent;
  readonly runId: string;
  /** Number of reviews; null if the input was not counted. */
  readonly total: number | null;
  readonly workers: number;
  /** Of the calibration. */
  readonly temperature: number | undefined;
  /** Undefined without a limit. */
  readonly budget: TokenBudget | undefined;
}

/** Resolves the options of a run. @throws InvalidOptionError for a calibration of another model, prompt or label set */
export function planRun(reviews: unknown, given: StreamReviewsOptions): RunPlan {
  requireKnown('streamReviews', given, streamOptions);
  const { agent, runtime = nodeRuntime, workerCap = defaultWorkerCap, run } = given;
  const total = given.total ?? (Array.isArray(reviews) ? reviews.length : null);
  const count = workerCount(total ?? Number.POSITIVE_INFINITY, { maxWorkers: given.workers, workerCap }, runtime);
  return {
    options: { ...given, runtime, workerCap },
    agent,
    runId: given.runId ?? run?.begun.runId ?? '',
    total,
    workers: Math.max(1, count),
    temperature: temperatureOf(given.calibration, agent),
    budget: budgetOf(given),
  };
}

const recordedBudget = z.object({ prompt_tokens: z.number(), completion_tokens: z.number() });

function budgetOf({ agent, maxTokens, maxCost, price, run }: StreamReviewsOptions): TokenBudget | undefined {
  if (maxTokens === undefined && maxCost === undefined) return undefined;
  if (agent.model.readsPrompt === false) {
    const name = maxTokens === undefined ? 'maxCost' : 'maxTokens';
    throw new InvalidOptionError(name, 'used with a model that counts tokens', agent.model.provider);
  }
  const { tokens, summary } = run?.begun.resumed ?? {};
  const { data } = recordedBudget.safeParse(summary?.budget);
  const before = {
    prompt: Math.max(tokens?.prompt ?? 0, data?.prompt_tokens ?? 0),
    completion: Math.max(tokens?.completion ?? 0, data?.completion_tokens ?? 0),
  };
  return new TokenBudget({ maxTokens, maxCost, price }, before);
}

/** What a calibration is for, when it is fitted or used with an agent. */
export function calibrationTarget({ model, promptId, labels }: Agent): CalibrationTarget {
  return { provider: model.provider, model: model.name, prompt: promptId, labels };
}

function temperatureOf(calibration: Calibration | undefined, agent: Agent): number | undefined {
  if (!calibration || isFor(calibration, calibrationTarget(agent))) return calibration?.temperature;
  const { provider, model, prompt, labels } = calibration;
  const given = `${provider} ${model}, ${prompt}, ${labels.join('/')}`;
  throw new InvalidOptionError('calibration', "one of the agent's own model, prompt and labels", given);
}
