import { appendFileSync } from 'node:fs';
import { defineMapStep, defineStep, defineWorkflow, WorkflowPausedError } from '../../../../src/orchestration/index.js';
import { answerTo, noteUse } from './answers.js';
import { recoverOrRun } from './recovery.js';

/** A map step of which two items ask, and a step that asks twice. A file tells what has run. */
function askingWorkflow(log: string) {
  const note = (step: string) => appendFileSync(log, `ran ${step}\n`);
  const prepare = defineStep({
    id: 'prepare',
    run: (_, count: number) => {
      note('prepare');
      return Array.from({ length: count }, (_, index) => `review ${index}`);
    },
  });
  const check = defineMapStep({
    id: 'check',
    concurrency: 3,
    items: (reviews: string[]) => reviews,
    run: ({ pause }, review, index) => {
      note(`check ${index}`);
      if (index % 3 !== 1) return review;
      return noteUse(log, `check ${index}`, pause<string>(`is item ${index} right?`, { review }));
    },
  });
  const approve = defineStep({
    id: 'approve',
    run: ({ pause }, checked: string[]) => {
      note('approve');
      const first = noteUse(log, 'approve 1', pause<string>('approve?', { checked }));
      return [...checked, first, noteUse(log, 'approve 2', pause<string>('really?', { first }))];
    },
  });
  const publish = defineStep({
    id: 'publish',
    run: (_, parts: string[]) => {
      note('publish');
      return parts.join('\n');
    },
  });
  return defineWorkflow('asking').thenStep(prepare).thenStep(check).thenStep(approve).thenStep(publish).build();
}

/** Runs the workflow, or resumes it, and answers what it asks. */
export async function goOnWithPausedWorkflow(path: string, log: string) {
  const workflow = askingWorkflow(log);
  return recoverOrRun(workflow, 6, path, log, async ({ runId, result }, engine) => {
    for (let run = result; ; ) {
      try {
        return await run;
      } catch (error) {
        if (!(error instanceof WorkflowPausedError)) throw error;
        const [{ step = '', item = null, reason = '' } = {}] = error.pauses;
        const value = answerTo(log, reason);
        run = engine.resume(workflow, runId, { takeOver: true, value, step, ...(item !== null && { item }) });
      }
    }
  });
}

/** What the run rejects with when nobody answers; nothing runs then. */
export function runUnanswered(path: string, log: string): Promise<unknown> {
  return recoverOrRun(askingWorkflow(log), 6, path, log, ({ result }) => result.catch((error) => error));
}
