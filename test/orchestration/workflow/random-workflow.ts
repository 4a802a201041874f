import fc from 'fast-check';
import { type AnyStep, defineStep, defineWorkflow, type Workflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowStore } from '../../../src/store/index.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-store.js';

/** A step of a random workflow: a number out of whatever comes in, after some turns; or a failure. */
interface Plan {
  readonly factor: number;
  readonly turns: number;
  readonly fails: boolean;
  readonly tolerant: boolean;
}

export type StagePlan =
  | { readonly kind: 'group'; readonly members: readonly Plan[] }
  | { readonly kind: 'choice'; readonly divisor: number; readonly step: Plan; readonly otherwise: Plan | undefined };

const plan: fc.Arbitrary<Plan> = fc.record({
  factor: fc.integer({ min: 1, max: 9 }),
  turns: fc.integer({ min: 0, max: 5 }),
  fails: fc.boolean(),
  tolerant: fc.boolean(),
});
export const stages: fc.Arbitrary<readonly StagePlan[]> = fc.array(
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
export function evaluate(plans: readonly StagePlan[], input: number) {
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

const stageOf = (id: string) => Number(id.slice(1, id.indexOf('-')));

/**
 * The same as a workflow. Steps count their runs; those that fail do so until they are mended. Each leaves its output in
 * the shared state, too, and checks that what the steps before left is what they gave.
 */
export function build(
  plans: readonly StagePlan[],
  ran: Map<string, number>,
  broken: { mended: boolean },
  onStep: (id: string) => Promise<void> | void = () => {},
): Workflow<unknown, unknown> {
  const made: string[] = [];
  const make = (id: string, { factor, turns, fails, tolerant }: Plan): AnyStep => {
    made.push(id);
    return defineStep({
      id,
      retries: 0,
      continueOnError: tolerant,
      run: async ({ state, outputs }, input: unknown) => {
        ran.set(id, (ran.get(id) ?? 0) + 1);
        await onStep(id);
        for (const before of made.filter((one) => stageOf(one) < stageOf(id))) {
          const output = outputs.has(before) ? outputs.get(before) : undefined;
          if (output !== state.get(before)) throw new Error(`${before} gave ${output}, and left ${state.get(before)}`);
        }
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        if (fails && (tolerant || !broken.mended)) throw new Error('fails');
        const output = work(factor, input);
        state.set(id, output);
        return output;
      },
    });
  };
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

/** The plans without the failures that a run does not survive. */
export function mended(plans: readonly StagePlan[]): readonly StagePlan[] {
  return plans.map((stage) =>
    stage.kind === 'group'
      ? { ...stage, members: stage.members.map(works) }
      : { ...stage, step: works(stage.step), otherwise: stage.otherwise && works(stage.otherwise) },
  );
}

function works(step: Plan): Plan {
  return { ...step, fails: step.fails && step.tolerant };
}

export const stores: Readonly<Record<string, () => WorkflowStore>> = {
  memory: memoryWorkflows,
  libsql: () => libsqlWorkflows(openDatabase(':memory:')),
  later: () => answerLater(memoryWorkflows()),
};

/** A store to which what is sent first need not come first, as over a network. */
function answerLater(store: WorkflowStore): WorkflowStore {
  let calls = 0;
  const later = async <R>(call: () => R): Promise<Awaited<R>> => {
    calls += 1;
    for (let turn = (calls * 5) % 7; turn > 0; turn -= 1) await Promise.resolve();
    return await call();
  };
  return {
    create: (run) => later(() => store.create(run)),
    claim: (runId, request) => later(() => store.claim(runId, request)),
    commit: (runId, fence, change) => later(() => store.commit(runId, fence, change)),
    cancel: (runId, at) => later(() => store.cancel(runId, at)),
    delete: (runId, at) => later(() => store.delete(runId, at)),
    prune: (filter) => later(() => store.prune(filter)),
    load: (runId) => later(() => store.load(runId)),
    list: (filter) => later(() => store.list(filter)),
  };
}
