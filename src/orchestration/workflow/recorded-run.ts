import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { canonicalJson, encodeJson } from '../../foundation/lossless-json.js';
import { RunMismatchError } from '../run-errors.js';
import { decodeJson, failureToError, openPauses, readPause } from './run-values.js';
import { mergeSettings } from './step-settings.js';
import { stepsOf, type Workflow } from './workflow.js';
import type { WorkflowAnswerOptions, WorkflowResult } from './workflow-engine.js';
import {
  describeIssue,
  placeOf,
  WorkflowCancelledError,
  WorkflowError,
  WorkflowPausedError,
} from './workflow-errors.js';
import type { PauseAnswer, WorkflowRecord } from './workflow-store.js';

/**
 * The result of a run that is over; undefined if it can be resumed.
 * @throws WorkflowCancelledError when it was cancelled for good, WorkflowPausedError when it is paused and has no answer
 */
export function recordedEnd<I, O>(
  workflow: Workflow<I, O>,
  run: WorkflowRecord,
  answer?: PauseAnswer,
): WorkflowResult<unknown> | undefined {
  if (run.status === 'completed') return recordedResult(workflow, run);
  if (run.status === 'cancelled' && run.cancelRequested) {
    throw new WorkflowCancelledError(workflow.id, run.runId, true, 'it was cancelled for good');
  }
  if (run.status === 'paused' && !answer) {
    throw new WorkflowPausedError(workflow.id, run.runId, openPauses(run.pauses).map(readPause));
  }
  return undefined;
}

function recordedResult<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord): WorkflowResult<unknown> {
  const failed = new Map(run.steps.filter(({ status }) => status === 'failed').map(({ step, error }) => [step, error]));
  const tolerated = workflow.stages
    .flatMap(stepsOf)
    .filter((step) => failed.has(step.id) && mergeSettings(step.settings, workflow.settings).continueOnError);
  const failures = tolerated.map(({ id }) => ({ step: id, error: failureToError(failed.get(id) ?? null) }));
  return { runId: run.runId, output: decodeJson(run.output), failures };
}

/** @throws RunMismatchError when a run is not one of this workflow with this input */
export function requireSame<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord, input: string | null): void {
  const mismatch = findMismatch(workflow, run, input);
  if (mismatch) throw mismatch;
}

/** Why a run is not one of this workflow with this input. */
export function findMismatch<I, O>(
  workflow: Workflow<I, O>,
  run: WorkflowRecord,
  input: string | null,
): RunMismatchError | undefined {
  const mismatch = (problem: string) => new RunMismatchError(run.runId, problem, { workflow: workflow.id });
  if (run.workflow !== workflow.id) {
    return mismatch(`it is a run of workflow '${run.workflow}'`);
  }
  if (run.shape !== workflow.shape) {
    return mismatch(`it was started with the steps ${run.shape}, but the workflow now has ${workflow.shape}`);
  }
  const same = run.input === input || canonicalJson(run.input) === canonicalJson(input);
  return same ? undefined : mismatch('it was started with another input under the same key or id');
}

/** @throws WorkflowError when the run has failed or is dead, unless such runs are resumed */
export function requireUnfailed<I, O>(workflow: Workflow<I, O>, run: WorkflowRecord, failedToo: boolean): void {
  if (failedToo || (run.status !== 'failed' && run.status !== 'dead')) return;
  const problem = run.status === 'dead' ? 'it is dead; resume begins it again' : 'it has failed before';
  throw new WorkflowError(workflow.id, run.runId, null, problem, failureToError(run.error));
}

/**
 * The answer that the options give to a pause of the run; undefined if they have no `value`.
 * @throws RunMismatchError when no pause waits for it, or several do; InvalidOptionError when it is not JSON
 */
export function findAnswer<I, O>(
  workflow: Workflow<I, O>,
  run: WorkflowRecord,
  options: WorkflowAnswerOptions,
): PauseAnswer | undefined {
  if (!Object.hasOwn(options, 'value')) return undefined;
  const { value, step, item } = options;
  const open = openPauses(run.pauses);
  const wanted = open.filter((one) => (step ?? one.step) === one.step && (item ?? one.item) === one.item);
  const [pause] = wanted;
  const mismatch = (problem: string) => new RunMismatchError(run.runId, problem, { workflow: workflow.id });
  const places = open.map(placeOf).join(', ');
  if (open.length === 0) throw mismatch(`no step waits for an answer: it is ${run.status}`);
  if (!pause) throw mismatch(`what is answered does not wait for it: waiting: ${places}`);
  if (wanted.length > 1) throw mismatch(`several wait for an answer: ${places}; say which by 'step' and 'item'`);
  return { step: pause.step, item: pause.item, number: pause.number, value: encodeOption('value', value) };
}

/** @throws InvalidOptionError unless `value` is JSON or undefined */
export function encodeOption(option: string, value: unknown): string | null {
  if (value === undefined) return null;
  const json = encodeJson(value);
  if (typeof json === 'string') return json;
  const problem = describeIssue({ path: json.path, message: `${json.found} is not JSON` });
  throw new InvalidOptionError(option, `JSON (${problem})`, value);
}
