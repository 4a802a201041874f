import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AnyStep,
  createEngine,
  defineStep,
  defineWorkflow,
  type Workflow,
  type WorkflowStore,
} from '../../../src/orchestration/index.js';
import { libsqlWorkflows, memoryWorkflows, openDatabase } from '../../../src/store/index.js';
import { createRecordingObserver } from '../../../src/testing/index.js';

/** A step of a random workflow: a number out of whatever comes in, after some turns; or a failure. */
interface Plan {
  readonly factor: number;
  readonly turns: number;
  readonly fails: boolean;
  readonly tolerant: boolean;
}

type StagePlan =
  | { readonly kind: 'group'; readonly members: readonly Plan[] }
  | { readonly kind: 'choice'; readonly divisor: number; readonly step: Plan; readonly otherwise: Plan | undefined };

const plan: fc.Arbitrary<Plan> = fc.record({
  factor: fc.integer({ min: 1, max: 9 }),
  turns: fc.integer({ min: 0, max: 5 }),
  fails: fc.boolean(),
  tolerant: fc.boolean(),
});
const stages: fc.Arbitrary<readonly StagePlan[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('group' as const),
        members: fc.array(plan, { minLength: 1, maxLength: 4 }),
      }),
    },
    fc.record({
      kind: fc.constant('choice' as const),
      divisor: fc.integer({ min: 1, max: 3 }),
      step: plan,
      otherwise: fc.option(plan, { nil: undefined }),
    }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** One number of whatever comes in: of a number, of the members of a group in their order, of nothing. */
function digest(input: unknown): number {
  if (typeof input === 'number') return input;
  if (typeof input !== 'object' || input === null) return 7;
  return Object.values(input).reduce((sum: number, value) => (sum * 31 + digest(value)) % 1_000_003, 0);
}

const work = (factor: number, input: unknown) => (digest(input) * factor + 1) % 1_000_003;

/**
 * The output by plain evaluation, stage by stage, and what every step that completes gives.
 * @throws where a step fails that the run does not survive
 */
function evaluateAll(plans: readonly StagePlan[], input: number) {
  let value: unknown = input;
  const steps = new Map<string, unknown>();
  const one = (id: string, step: Plan, given: unknown) => {
    if (step.fails && !step.tolerant) throw new Error('fails');
    const output = step.fails ? undefined : work(step.factor, given);
    if (!step.fails) steps.set(id, output);
    return output;
  };
  for (const [index, stage] of plans.entries()) {
    const given = value;
    if (stage.kind === 'choice') {
      const holds = digest(given) % stage.divisor === 0;
      const chosen = holds ? stage.step : stage.otherwise;
      if (chosen) value = one(`s${index}-${holds ? 'yes' : 'no'}`, chosen, given);
      continue;
    }
    const outputs = stage.members.map((step, n) => one(`s${index}-${n}`, step, given));
    value =
      outputs.length === 1 ? outputs[0] : Object.fromEntries(outputs.map((output, n) => [`s${index}-${n}`, output]));
  }
  return { output: value, steps };
}

const evaluate = (plans: readonly StagePlan[], input: number) => evaluateAll(plans, input).output;

/** The same as a workflow. Steps count their runs; those that fail do so until they are mended. */
function build(
  plans: readonly StagePlan[],
  ran: Map<string, number>,
  broken: { mended: boolean },
): Workflow<unknown, unknown> {
  const make = (id: string, { factor, turns, fails, tolerant }: Plan): AnyStep =>
    defineStep({
      id,
      retries: 0,
      continueOnError: tolerant,
      run: async (_, input: unknown) => {
        ran.set(id, (ran.get(id) ?? 0) + 1);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        if (fails && (tolerant || !broken.mended)) throw new Error('fails');
        return work(factor, input);
      },
    });
  // The compiler follows the types of a chain that it can see; this one is made at random.
  let builder = defineWorkflow('random') as unknown as {
    parallel(...steps: AnyStep[]): typeof builder;
    thenStepIf(condition: (context: unknown, input: unknown) => boolean, ...steps: AnyStep[]): typeof builder;
    build(): Workflow<unknown, unknown>;
  };
  for (const [index, stage] of plans.entries()) {
    if (stage.kind === 'group')
      builder = builder.parallel(...stage.members.map((member, n) => make(`s${index}-${n}`, member)));
    else {
      const steps = [
        make(`s${index}-yes`, stage.step),
        ...(stage.otherwise ? [make(`s${index}-no`, stage.otherwise)] : []),
      ];
      builder = builder.thenStepIf((_, input) => digest(input) % stage.divisor === 0, ...steps);
    }
  }
  return builder.build();
}

const withoutFailures = stages.map((plans) =>
  plans.map((stage) =>
    stage.kind === 'group'
      ? { ...stage, members: stage.members.map(works) }
      : { ...stage, step: works(stage.step), otherwise: stage.otherwise && works(stage.otherwise) },
  ),
);

function works(step: Plan): Plan {
  return { ...step, fails: step.fails && step.tolerant };
}

const stores: Readonly<Record<string, () => WorkflowStore>> = {
  memory: memoryWorkflows,
  libsql: () => libsqlWorkflows(openDatabase(':memory:')),
};

test.for(Object.entries(stores))(
  'a random workflow gives the output of a plain evaluation (%s)',
  async ([, createStore]) => {
    const engine = createEngine({ store: createStore() });
    await fc.assert(
      fc.asyncProperty(withoutFailures, fc.nat(1_000), async (plans, input) => {
        const ran = new Map<string, number>();
        const { output, runId } = await engine.run(build(plans, ran, { mended: false }), input);
        expect(output).toEqual(evaluate(plans, input));
        expect([...ran.values()].every((count) => count === 1)).toBe(true);
        expect((await engine.get(runId))?.output).toEqual(JSON.parse(JSON.stringify(output ?? null)) ?? undefined);
      }),
      { numRuns: 100 },
    );
  },
);

/** Which write of a life fails, whether it is done all the same, and whether the process dies there. */
interface Death {
  readonly write: number;
  readonly committed: boolean;
  readonly forGood: boolean;
}

const deaths = fc.array(
  fc.record({ write: fc.integer({ min: 1, max: 9 }), committed: fc.boolean(), forGood: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);

/** A store that fails at one of its writes: that one may be done, and where the process dies there, none after it is. */
function mortal(store: WorkflowStore, death: Death | undefined): WorkflowStore {
  let writes = 0;
  const write = <R>(call: () => R): R => {
    writes += 1;
    if (!death || writes < death.write || (writes > death.write && !death.forGood)) return call();
    if (writes === death.write && death.committed) call();
    throw new Error('that write failed');
  };
  return {
    create: (run) => write(() => store.create(run)),
    claim: (runId, request) => write(() => store.claim(runId, request)),
    commit: (runId, fence, change) => write(() => store.commit(runId, fence, change)),
    cancel: (runId, at) => write(() => store.cancel(runId, at)),
    load: (runId) => store.load(runId),
    list: (filter) => store.list(filter),
  };
}

test.for(Object.entries(stores))(
  'a random workflow whose process dies again and again comes to it, and no recorded step runs again (%s)',
  async ([, createStore]) => {
    await fc.assert(
      fc.asyncProperty(withoutFailures, fc.nat(1_000), deaths, async (plans, input, all) => {
        const expected = evaluateAll(plans, input);
        const store = createStore();
        const ran = new Map<string, number>();
        const workflow = build(plans, ran, { mended: false });
        const ended = new Set<string>();
        for (const death of [...all, undefined]) {
          const before = new Map(ran);
          const told = createRecordingObserver();
          const engine = createEngine({ store: mortal(store, death), observer: told });
          const end = await engine
            .run(workflow, input, { runId: 'r', takeOver: true })
            .catch((error: unknown) => String(error));
          // What had been recorded did not run again.
          for (const step of ended) expect(ran.get(step)).toBe(before.get(step));
          const run = await store.load('r');
          for (const { step, status, output } of run?.steps ?? []) {
            if (status === 'completed' || status === 'failed' || status === 'skipped') ended.add(step);
            if (status === 'completed') expect(decode(output)).toEqual(expected.steps.get(step));
          }
          // What was told as done is recorded.
          for (const { data } of told.ofType('workflow.step.complete')) {
            if (data.status === 'completed') expect(ended).toContain(data.step);
          }
          if (typeof end === 'string')
            expect([end, death]).toEqual([expect.stringContaining('that write failed'), death]);
          else expect(end.output).toEqual(expected.output);
          if (run?.status === 'completed')
            expect(decode(run.output)).toEqual(JSON.parse(JSON.stringify(expected.output ?? null)) ?? undefined);
        }
        expect((await store.load('r'))?.status).toBe('completed');
        const completed = [...expected.steps.keys()].sort();
        expect([...ran.keys()].filter((step) => expected.steps.has(step)).sort()).toEqual(completed);
      }),
      { numRuns: 150 },
    );
  },
);

function decode(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

test.for(Object.entries(stores))(
  'a random workflow with failures comes to it when it is resumed (%s)',
  async ([, createStore]) => {
    const store = createStore();
    await fc.assert(
      fc.asyncProperty(stages, fc.nat(1_000), async (plans, input) => {
        const ran = new Map<string, number>();
        const broken = { mended: false };
        const workflow = build(plans, ran, broken);
        const { runId, result } = await createEngine({ store }).start(workflow, input);
        const failed = await result.then(
          () => false,
          () => true,
        );
        const completed = (await store.load(runId))?.steps.filter(({ status }) => status === 'completed') ?? [];
        const before = new Map(ran);
        broken.mended = true;
        const { output } = await createEngine({ store }).resume(workflow, runId);
        const mended = plans.map((stage) =>
          stage.kind === 'group'
            ? { ...stage, members: stage.members.map(works) }
            : { ...stage, step: works(stage.step), otherwise: stage.otherwise && works(stage.otherwise) },
        );
        expect(output ?? null).toEqual(evaluate(mended, input) ?? null);
        for (const { step } of completed) expect(ran.get(step)).toBe(before.get(step));
        if (!failed) expect(ran).toEqual(before);
      }),
      { numRuns: 100 },
    );
  },
);
