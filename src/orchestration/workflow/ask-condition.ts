import type { Runtime } from '../../foundation/runtime.js';
import type { ConditionContext } from './step.js';
import { TimedWork } from './timed-work.js';
import type { Condition } from './workflow.js';
import { WorkflowError } from './workflow-errors.js';

/** What a condition is asked about, and within which limits. */
export interface Question {
  readonly workflow: string;
  /** The step before which the condition stands. */
  readonly step: string;
  /** What comes to the step. */
  readonly value: unknown;
  readonly about: Omit<ConditionContext, 'signal'>;
  readonly runtime: Runtime;
  /** Aborted when the run is to stop. */
  readonly scope: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Whether a condition holds.
 * @throws WorkflowError where it failed or gave no answer in time; the reason of the scope, where that was aborted
 */
export async function askCondition(condition: Condition, question: Question): Promise<boolean> {
  const { workflow, step, value, about, runtime, scope, timeoutMs } = question;
  const work = new TimedWork(runtime, scope);
  const context: ConditionContext = {
    ...about,
    get signal() {
      return work.signal;
    },
  };
  const expire = () => new DOMException(`it gave no answer within ${timeoutMs} ms`, 'TimeoutError');
  try {
    return Boolean(await work.run(() => condition(context, value), timeoutMs, expire));
  } catch (error) {
    if (scope.aborted) throw scope.reason;
    throw new WorkflowError(workflow, about.runId, step, `the condition before step '${step}' failed`, error);
  }
}
