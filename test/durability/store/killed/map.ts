import { appendFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { defineMapStep, defineStep, defineWorkflow } from '../../../../src/orchestration/index.js';
import { recoverOrRun } from './recovery.js';

/** Items that run at once. */
export const concurrency = 8;

/** The items of the undisturbed run. */
export const itemCount = 2_000;

/** A map step between two others. A file tells what has run. */
function killedMap(log: string) {
  const prepare = defineStep({
    id: 'prepare',
    run: (_, count: number) => {
      appendFileSync(log, 'ran prepare\n');
      return Array.from({ length: count }, (_, index) => index * 3);
    },
  });
  const check = defineMapStep({
    id: 'check',
    concurrency,
    items: (numbers: number[]) => numbers,
    run: async (_, number, index) => {
      appendFileSync(log, `ran check ${index}\n`);
      // The items end in another order than they begin.
      await after(index % 3);
      return `${index}: ${number + 1}`;
    },
  });
  const total = defineStep({
    id: 'total',
    run: (_, checked: string[]) => {
      appendFileSync(log, 'ran total\n');
      return { checked, total: checked.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0) };
    },
  });
  return defineWorkflow('map').thenStep(prepare).thenStep(check).thenStep(total).build();
}

/** Runs the workflow, or resumes it. */
export async function goOnWithMap(path: string, log: string) {
  return recoverOrRun(killedMap(log), itemCount, path, log, ({ result }) => result);
}
