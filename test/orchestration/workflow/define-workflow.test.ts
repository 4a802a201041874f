import { describe, expect, test } from 'vitest';
import { createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';

const a = defineStep({ id: 'a', run: () => 1 });
const b = defineStep({ id: 'b', run: () => 1 });

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
}

/** Calls with values that the compiler would not let through. */
const step = (definition: object) => () => defineStep({ id: 's', run: () => 1, ...definition } as never);

describe('what is put together wrongly', () => {
  test('is refused, with the step, the rule and the value', () => {
    expect(
      [
        step({ id: '' }),
        step({ id: 5 }),
        step({ name: 7 }),
        step({ run: 'x' }),
        step({ input: {} }),
        step({ output: 5 }),
        step({ timeoutMs: 0 }),
        step({ retries: -1 }),
        step({ backoff: 'fast' }),
        step({ retryDelayMs: Number.POSITIVE_INFINITY }),
        step({ continueOnError: 'yes' }),
      ].map(messageOf),
    ).toEqual([
      "InvalidOptionError: option id of a step must be a text that is not empty, but is '' (string)",
      'InvalidOptionError: option id of a step must be a text that is not empty, but is 5 (number)',
      "InvalidOptionError: option name of step 's' must be a text that is not empty, but is 7 (number)",
      "InvalidOptionError: option run of step 's' must be a function, but is 'x' (string)",
      "InvalidOptionError: option input of step 's' must be a schema (with '~standard' or safeParse), but is an object",
      "InvalidOptionError: option output of step 's' must be a schema (with '~standard' or safeParse), but is 5 (number)",
      "InvalidOptionError: option timeoutMs of step 's' must be a number of milliseconds above 0, but is 0 (number)",
      "InvalidOptionError: option retries of step 's' must be a whole number of at least 0, but is -1 (number)",
      "InvalidOptionError: option backoff of step 's' must be one of none, fixed, linear, exponential, but is 'fast' (string)",
      "InvalidOptionError: option retryDelayMs of step 's' must be a number of milliseconds of at least 0, but is Infinity (number)",
      "InvalidOptionError: option continueOnError of step 's' must be true or false, but is 'yes' (string)",
    ]);
  });

  test('is refused in a workflow, with its id', () => {
    expect(
      [
        () => defineWorkflow(''),
        () => defineWorkflow('w', ''),
        () => defineWorkflow('w', 'W', { retries: 0.5 }),
        () => defineWorkflow('w').thenStep(a).thenStep(b).thenStep(a),
        () => defineWorkflow('w').parallel(a, a),
        () => (defineWorkflow('w') as unknown as { parallel(): void }).parallel(),
        () => (defineWorkflow('w') as unknown as { build(): void }).build(),
        () => defineWorkflow('w').thenStep({ id: 'x' } as never),
        () =>
          defineWorkflow('w')
            .thenStep(a)
            .thenStepIf('yes' as never, b),
      ].map(messageOf),
    ).toEqual([
      "InvalidOptionError: option id of a workflow must be a text that is not empty, but is '' (string)",
      "InvalidOptionError: option name of workflow 'w' must be a text that is not empty, but is '' (string)",
      "InvalidOptionError: option retries of workflow 'w' must be a whole number of at least 0, but is 0.5 (number)",
      "WorkflowDefinitionError: workflow 'w': two steps have the id 'a'; the ids are: a, b",
      "WorkflowDefinitionError: workflow 'w': two steps have the id 'a'; the ids are: a",
      "WorkflowDefinitionError: workflow 'w': a parallel group must have a step",
      "WorkflowDefinitionError: workflow 'w': it has no steps",
      "InvalidOptionError: option step of workflow 'w' must be made by defineStep, but is an object",
      "InvalidOptionError: option condition before step 'b' of workflow 'w' must be a function, but is 'yes' (string)",
    ]);
  });

  test('is refused by the engine', async () => {
    const workflow = defineWorkflow('w').thenStep(a).build();
    const engine = createEngine({ store: memoryWorkflows() });
    const refusals = [
      () => createEngine({ store: undefined as never }),
      () => createEngine({ store: {} as never }),
      () => createEngine({ store: memoryWorkflows(), leaseMs: 0 }),
      () => createEngine({ store: memoryWorkflows(), observer: 'nobody' }),
      () => createEngine({ store: memoryWorkflows(), observer: {} as never }),
    ].map(messageOf);
    const later = [
      () => engine.run({} as never, 1 as never),
      () => engine.run(workflow, { at: new Date() }),
      () => engine.run(workflow, new Map()),
      () => engine.run(workflow, 1, { signal: 'x' as never }),
      () => engine.run(workflow, 1, { idempotencyKey: '' }),
      () => engine.run(workflow, 1, { runId: '' }),
      () => engine.resume(workflow, 'r', { takeOver: 'x' as never }),
      () => engine.list({ limit: 0 }),
      () => engine.list({ status: 'over' as never }),
      () => engine.list({ workflow: '' }),
      () => engine.list({ before: 3 as never }),
    ];
    const rejections = await Promise.all(later.map((call) => (call() as Promise<unknown>).then(() => 'fine', String)));
    // Other tests of this process register observers, which the message lists.
    const messages = [...refusals, ...rejections].map((text) => text.replace(/, (?:registry|emitter)-test[\w-]*/g, ''));
    expect(messages).toEqual([
      'InvalidOptionError: option store must be a store, as memoryStore() or libsqlStore(), but is undefined',
      'InvalidOptionError: option store must be a store, as memoryStore() or libsqlStore(), but is an object',
      'InvalidOptionError: option leaseMs must be a whole number of at least 3, but is 0 (number)',
      'UnknownObserverError: unknown observer: nobody (known: noop, pino, slog, text)',
      'InvalidOptionError: option observer must be an observer, or the name of a registered one, but is an object',
      'InvalidOptionError: option workflow must be made by defineWorkflow(…).build(), but is an object',
      "InvalidOptionError: option input of workflow 'w' must be JSON (at: an instance of Date is not JSON), but is an object",
      "InvalidOptionError: option input of workflow 'w' must be JSON (an instance of Map is not JSON), but is an object",
      "InvalidOptionError: option signal must be an AbortSignal, but is 'x' (string)",
      "InvalidOptionError: option idempotencyKey must be a text that is not empty, but is '' (string)",
      "InvalidOptionError: option runId must be a text that is not empty, but is '' (string)",
      "InvalidOptionError: option takeOver must be true or false, but is 'x' (string)",
      'InvalidOptionError: option limit must be a whole number of at least 1, but is 0 (number)',
      "InvalidOptionError: option status must be one of pending, running, paused, completed, failed, cancelled, dead, but is 'over' (string)",
      "InvalidOptionError: option workflow must be a text that is not empty, but is '' (string)",
      'InvalidOptionError: option before must be a text that is not empty, but is 3 (number)',
    ]);
    expect(await engine.list()).toEqual([]);
  });
});

test('a builder stays as it is: two workflows may begin in the same way', () => {
  const begun = defineWorkflow('w').thenStep(a);
  expect(begun.thenStep(b).build().shape).toBe('"a" > "b"');
  expect(begun.build().shape).toBe('"a"');
});

test('the shape tells groups and choices apart', () => {
  const c = defineStep({ id: 'c', run: () => 1 });
  const d = defineStep({ id: 'd', run: () => 1 });
  const shape = defineWorkflow('w')
    .parallel(a, b)
    .thenStepIf(() => true, c, d)
    .build().shape;
  expect(shape).toBe('("a" | "b") > ?"c" : "d"');
});
