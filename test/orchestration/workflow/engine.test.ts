import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  type EngineLogger,
  StepOutputError,
  type WorkflowStepContext,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';

const engine = createEngine({ store: memoryWorkflows() });

const inc = <const Id extends string>(id: Id) => defineStep({ id, retries: 0, run: (_, n: number) => n + 1 });
const boom = <const Id extends string, C extends boolean>(id: Id, continueOnError: C) =>
  defineStep({
    id,
    retries: 0,
    continueOnError,
    run: (_, _n: number): number => {
      throw new Error(`${id} broke`);
    },
  });
const show = defineStep({
  id: 'show',
  run: (_, value: unknown) => JSON.stringify(value, (_key, inner) => inner ?? null),
});

describe('what steps receive', () => {
  test('is the output of the step before, or those of a group by step id', async () => {
    const workflow = defineWorkflow('w')
      .thenStep(inc('a'))
      .parallel(inc('b'), inc('c'))
      .parallel(
        defineStep({ id: 'sum', run: (_, { b, c }: { b: number; c: number }) => b + c }),
        defineStep({ id: 'product', run: async (_, { b, c }: { b: number; c: number }) => b * c }),
      )
      .thenStep(show)
      .build();
    await expect(engine.run(workflow, 1)).resolves.toMatchObject({ output: '{"sum":6,"product":9}' });
  });

  test('is the input of the workflow for a group at the beginning; a group of one hands on its output', async () => {
    const workflow = defineWorkflow('w')
      .parallel(inc('a'), inc('b'))
      .thenStep(show)
      .parallel(inc('x') as never)
      .build();
    expect(workflow.stepIds).toEqual(['a', 'b', 'show', 'x']);
    await expect(
      engine.run(defineWorkflow('w').parallel(inc('a')).thenStep(inc('b')).build(), 1),
    ).resolves.toMatchObject({
      output: 3,
    });
  });

  test('goes past a step that is skipped', async () => {
    const build = (holds: boolean) =>
      defineWorkflow('w')
        .thenStep(inc('a'))
        .thenStepIf(async () => holds, inc('b'))
        .thenStepIf((_, n) => n > 2, inc('yes'), show)
        .build();
    expect((await engine.run(build(true), 1)).output).toBe(4);
    const { output, runId } = await engine.run(build(false), 1);
    expect(output).toBe('2');
    const run = await engine.get(runId);
    expect(run?.steps.map(({ step, status, attempt }) => `${step} ${status} ${attempt}`)).toEqual([
      'a completed 1',
      'b skipped 0',
      'yes skipped 0',
      'show completed 1',
    ]);
  });

  test('is also what steps before gave, by id or step, and the input of the run', async () => {
    const a = inc('a');
    const late = defineStep({
      id: 'late',
      run: ({ outputs, input, runId, stepId }: WorkflowStepContext<{ a: number }, number>, n: number) => ({
        sum: outputs.get('a') + outputs.get(a) + n + input,
        has: [outputs.has('a'), outputs.has(a), outputs.has('late'), outputs.has('nobody')],
        ids: [runId, stepId],
      }),
    });
    const workflow = defineWorkflow('w').thenStep(a).thenStep(inc('b')).thenStep(late).build();
    const { output } = await engine.run(workflow, 1, { runId: 'by id' });
    expect(output).toEqual({ sum: 8, has: [true, true, false, false], ids: ['by id', 'late'] });
  });
});

describe('the output of a run', () => {
  test('is that of the last step, or the object of the last group', async () => {
    const group = defineWorkflow('w').thenStep(inc('a')).parallel(inc('b'), inc('c')).build();
    const { output, runId } = await engine.run(group, 1);
    expect(output).toEqual({ b: 3, c: 3 });
    expect((await engine.get(runId))?.output).toEqual({ b: 3, c: 3 });
    const skipped = defineWorkflow('w')
      .thenStep(inc('a'))
      .thenStepIf(() => false, inc('b'))
      .build();
    expect((await engine.get((await engine.run(skipped, 1)).runId))?.output).toBe(2);
    const nothing = defineWorkflow('w')
      .thenStep(defineStep({ id: 'nothing', run: () => {} }))
      .build();
    const done = await engine.run(nothing, undefined);
    expect([done.output, (await engine.get(done.runId))?.output]).toEqual([undefined, undefined]);
  });
});

describe('a step that fails', () => {
  test('stops its siblings, which have settled when the run rejects', async () => {
    const seen: string[] = [];
    const sibling = defineStep({
      id: 'sibling',
      run: async ({ signal }, _n: number) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        seen.push(String(signal.reason));
        await Promise.resolve();
        seen.push('settled');
        return 'done all the same';
      },
    });
    const workflow = defineWorkflow('w').parallel(sibling, boom('bad', false)).thenStep(show).build();
    await expect(engine.run(workflow, 1, { runId: 'siblings' })).rejects.toMatchObject({
      name: 'WorkflowError',
      workflow: 'w',
      runId: 'siblings',
      step: 'bad',
      cause: new Error('bad broke'),
    });
    expect(seen).toEqual([expect.stringContaining("step 'bad' failed"), 'settled']);
    const run = await engine.get('siblings');
    expect(run?.status).toBe('failed');
    expect(run?.error).toEqual({
      name: 'WorkflowError',
      code: 'CHORALE_WORKFLOW',
      message: "step 'bad' failed after 1 attempt: bad broke",
    });
    expect(run?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual(['sibling completed', 'bad failed']);
  });

  test('lets the run go on where it says so, also when all members of a group failed', async () => {
    const decide = defineStep({
      id: 'decide',
      run: (
        { outputs }: WorkflowStepContext<{ x: number; y: number }>,
        parts: { x: number | undefined; y: number | undefined },
      ) => {
        const failures = (['x', 'y'] as const).map((id) => {
          try {
            return outputs.get(id);
          } catch (error) {
            return error instanceof StepOutputError ? [error.message, String(error.cause)] : 'odd';
          }
        });
        return { ...parts, failures, has: outputs.has('x') };
      },
    });
    const workflow = defineWorkflow('w').parallel(boom('x', true), boom('y', true)).thenStep(decide).build();
    const { output, failures } = await engine.run(workflow, 1);
    expect(output).toEqual({
      x: undefined,
      y: undefined,
      failures: [
        ["step 'x' has failed and has no output (outputs: none yet)", 'Error: x broke'],
        ["step 'y' has failed and has no output (outputs: none yet)", 'Error: y broke'],
      ],
      has: false,
    });
    expect(failures).toEqual([
      { step: 'x', error: new Error('x broke') },
      { step: 'y', error: new Error('y broke') },
    ]);
  });

  test('lets the run go on where the workflow says so, unless the step says otherwise', async () => {
    const tolerant = defineWorkflow('w', 'W', { continueOnError: true });
    const silent = defineStep({
      id: 'silent',
      retries: 0,
      run: (_, _n: number): number => {
        throw new Error('quiet');
      },
    });
    const { output, failures } = await engine.run(tolerant.thenStep(silent).thenStep(show).build(), 1);
    expect([output, failures.length]).toEqual(['null', 1]);
    await expect(engine.run(tolerant.thenStep(boom('strict', false)).build(), 1)).rejects.toThrow(
      "step 'strict' failed",
    );
  });

  test('may have thrown anything', async () => {
    const odd = defineStep({ id: 'odd', retries: 0, run: () => Promise.reject(undefined) });
    await expect(engine.run(defineWorkflow('w').thenStep(odd).build(), 1, { runId: 'odd' })).rejects.toThrow(
      "workflow 'w' run odd: step 'odd' failed after 1 attempt: undefined",
    );
    expect((await engine.get('odd'))?.steps[0]?.error).toEqual({ name: 'undefined', message: 'undefined', code: null });
  });
});

test('a condition that fails fails the run, and is named', async () => {
  const bad = defineWorkflow('w')
    .thenStep(inc('a'))
    .thenStepIf(() => Promise.reject(new Error('hm')), inc('b'))
    .build();
  await expect(engine.run(bad, 1, { runId: 'condition' })).rejects.toThrow(
    "workflow 'w' run condition: the condition before step 'b' failed: hm",
  );
});

test('an output that is not there is named, with those that are', async () => {
  const ask = (id: string) =>
    defineStep({ id: 'ask', retries: 0, run: ({ outputs }, _n: number) => String(outputs.get(id)) });
  const run = (id: string) =>
    engine
      .run(
        defineWorkflow('w')
          .thenStep(inc('a'))
          .thenStepIf(() => false, inc('b'))
          .thenStep(ask(id))
          .thenStep(show)
          .build(),
        1,
      )
      .catch((error: Error) => (error.cause as Error).message);
  expect(await Promise.all(['b', 'show', 'nobody', 'shows'].map(run))).toEqual([
    "step 'b' was skipped and has no output (outputs: a)",
    "step 'show' has not completed (outputs: a)",
    "step 'nobody' is not in this workflow (steps: a, b, ask, show; outputs: a)",
    "step 'shows' is not in this workflow, did you mean 'show'? (steps: a, b, ask, show; outputs: a)",
  ]);
});

describe('the state of a run', () => {
  test('is seen when the step that changed it has completed', async () => {
    const seen: unknown[] = [];
    const write = defineStep({
      id: 'write',
      retryDelayMs: 0,
      run: ({ state, attempt }, n: number) => {
        seen.push([state.has('a'), state.get('a')]);
        state.set('a', { attempt });
        state.set('b', 1);
        state.delete('gone');
        seen.push([state.has('a'), state.get('a'), state.has('gone')]);
        if (attempt === 1) throw new Error('lost');
        state.delete('b');
        seen.push([state.has('b'), state.get('b')]);
        return n;
      },
    });
    const read = defineStep({
      id: 'read',
      run: ({ state }) => [state.get('a'), state.has('b'), typeof state.get('b')],
    });
    const workflow = defineWorkflow('w')
      .thenStep(write)
      .thenStepIf(({ state }) => state.has('a'), read)
      .build();
    const { output, runId } = await engine.run(workflow, 1);
    expect(output).toEqual([{ attempt: 2 }, false, 'undefined']);
    expect(seen).toEqual([
      [false, undefined],
      [true, { attempt: 1 }, false],
      [false, undefined],
      [true, { attempt: 2 }, false],
      [false, undefined],
    ]);
    expect((await engine.get(runId))?.state).toEqual({ a: { attempt: 2 } });
  });

  test('takes JSON only', async () => {
    for (const [value, message] of [
      [Number.NaN, "step 's': invalid state: k: NaN is not JSON"],
      [{ deep: new Set() }, "step 's': invalid state: k.deep: an instance of Set is not JSON"],
    ] as const) {
      const step = defineStep({ id: 's', run: ({ state }) => state.set('k', value) });
      await expect(engine.run(defineWorkflow('w').thenStep(step).build(), 1)).rejects.toThrow(message);
    }
  });
});

test('a pino logger writes what steps log, with all fields', async () => {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(line) });
  const step = defineStep({ id: 's', run: (context) => context.logger.info('hello', { n: 1 }) });
  const workflow = defineWorkflow('w').thenStep(step).build();
  await createEngine({ store: memoryWorkflows(), logger }).run(workflow, 1, { runId: 'r' });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 30, workflow: 'w', runId: 'r', stepId: 's', attempt: 1, n: 1, msg: 'hello' },
  ]);
});

test('a logger is told which step speaks; one that throws does no harm', async () => {
  const lines: unknown[] = [];
  const note = (level: string) => (fields: object, message: string) => void lines.push([level, message, fields]);
  const logger: EngineLogger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error() {
      throw new Error('no disk');
    },
  };
  const step = defineStep({
    id: 's',
    run: ({ logger: own }) => {
      own.info('hello', { n: 1 });
      own.debug('there');
      own.warn('!');
      own.error('lost');
    },
  });
  const workflow = defineWorkflow('w').thenStep(step).build();
  await createEngine({ store: memoryWorkflows(), logger }).run(workflow, 1, { runId: 'r' });
  const about = { workflow: 'w', runId: 'r', stepId: 's', attempt: 1 };
  expect(lines).toEqual([
    ['info', 'hello', { ...about, n: 1 }],
    ['debug', 'there', about],
    ['warn', '!', about],
  ]);
  await engine.run(workflow, 1);
});
