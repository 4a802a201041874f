import * as built from 'chorale/orchestration';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineMapStep, type MapOutcome } from '../../../src/orchestration/workflow/define-map-step.js';
import { defineStep } from '../../../src/orchestration/workflow/define-step.js';
import { defineWorkflow } from '../../../src/orchestration/workflow/define-workflow.js';
import type { WorkflowStepContext } from '../../../src/orchestration/workflow/step.js';
import type { Workflow } from '../../../src/orchestration/workflow/workflow.js';

const parse = defineStep({
  id: 'parse',
  input: z.object({ text: z.string(), limit: z.coerce.number().default(3) }),
  output: z.object({ words: z.array(z.string()) }),
  run: (_, { text, limit }) => ({ words: text.split(' ').slice(0, limit) }),
});
const count = defineStep({ id: 'count', run: (_, { words }: { words: string[] }) => words.length });
const longest = defineStep({
  id: 'longest',
  run: async (_, { words }: { words: string[] }) => words.reduce((a, b) => (a.length < b.length ? b : a), ''),
});
const risky = defineStep({
  id: 'risky',
  continueOnError: true,
  run: (_, { words }: { words: string[] }) => words[0] ?? null,
});
const join = defineStep({
  id: 'join',
  run: (_, parts: { count: number; longest: string }) => `${parts.count} ${parts.longest}`,
});

describe('types of workflows', () => {
  it('come from schemas, or from run', () => {
    const read = defineStep({
      id: 'read',
      input: z.string().transform((text) => text.length),
      output: z.number().transform((n) => new Date(n).getTime() > 0),
      run: (context, input) => {
        expectTypeOf(input).toEqualTypeOf<number>();
        expectTypeOf(context.outputs.get('any')).toEqualTypeOf<unknown>();
        return input;
      },
    });
    const workflow = defineWorkflow('a').thenStep(read).build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, boolean>>();
    // @ts-expect-error the output does not fit its schema
    defineStep({ id: 'x', output: z.number(), run: () => 'text' });
  });

  it('flow from step to step', () => {
    const workflow = defineWorkflow('words').thenStep(parse).parallel(count, longest).thenStep(join).build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<{ text: string; limit?: unknown }, string>>();
    // @ts-expect-error join does not accept what parse gives
    expect(defineWorkflow('wrong').thenStep(parse).thenStep(join).build().stepIds).toEqual(['parse', 'join']);
  });

  it('come from the list and the items of a map step', () => {
    const lengths = defineMapStep({
      id: 'lengths',
      items: ({ words }: { words: string[] }) => words,
      run: (_, word, index) => {
        expectTypeOf(word).toEqualTypeOf<string>();
        expectTypeOf(index).toEqualTypeOf<number>();
        return word.length;
      },
    });
    const outcomes = defineMapStep({
      id: 'all',
      items: (list: number[]) => list,
      failFast: false,
      run: (_, n) => n > 3,
    });
    const workflow = defineWorkflow('w').thenStep(parse).thenStep(lengths).thenStep(outcomes).build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<{ text: string; limit?: unknown }, MapOutcome<boolean>[]>>();
    // @ts-expect-error outcomes needs numbers
    defineWorkflow('wrong').thenStep(parse).thenStep(outcomes);
  });

  it('tell that the output of a step that may fail may be missing', () => {
    const wants = defineStep({
      id: 'wants',
      run: (_, parts: { count: number; risky: string | null | undefined }) => parts.risky,
    });
    defineWorkflow('ok').thenStep(parse).parallel(count, risky).thenStep(wants);
    const strict = defineStep({
      id: 'strict',
      run: (_, parts: { count: number; risky: string | null }) => parts.risky,
    });
    // @ts-expect-error risky may be missing
    defineWorkflow('no').thenStep(parse).parallel(count, risky).thenStep(strict);
    // @ts-expect-error with the option of the workflow, every output may be missing
    defineWorkflow('all', 'All', { continueOnError: true }).thenStep(parse).thenStep(count);
  });

  it('type outputs by id, and want a workflow that has them', () => {
    const late = defineStep({
      id: 'late',
      run: ({ outputs }: WorkflowStepContext<{ parse: { words: string[] } }>, n: number) => {
        expectTypeOf(outputs.get('parse')).toEqualTypeOf<{ words: string[] }>();
        expectTypeOf(outputs.get(longest)).toEqualTypeOf<string>();
        // @ts-expect-error it has not said that it needs this one
        outputs.get('count');
        return n;
      },
    });
    defineWorkflow('has').thenStep(parse).thenStep(count).thenStep(late);
    const numbers = defineStep({ id: 'numbers', run: (_, n: number) => n });
    // @ts-expect-error no step gives parse
    defineWorkflow('has not').thenStep(numbers).thenStep(late);
    // @ts-expect-error nor here
    expect(() => defineWorkflow('has not').thenStep(late)).not.toThrow();
  });

  it('type conditions, and what comes after them', () => {
    const short = defineStep({ id: 'short', run: (_, n: number) => `short ${n}` });
    const long = defineStep({ id: 'long', run: (_, n: number) => ({ long: n }) });
    const one = defineWorkflow('one')
      .thenStep(parse)
      .thenStep(count)
      .thenStepIf(({ outputs, input }, n) => {
        expectTypeOf(n).toEqualTypeOf<number>();
        expectTypeOf(input.text).toEqualTypeOf<string>();
        return outputs.get('parse').words.length > n;
      }, short)
      .build();
    expectTypeOf(one).toExtend<Workflow<{ text: string }, string | number>>();
    const two = defineWorkflow('two')
      .thenStep(parse)
      .thenStep(count)
      .thenStepIf(() => true, short, long)
      .build();
    expectTypeOf(two).toExtend<Workflow<{ text: string }, string | { long: number }>>();
  });

  it('want conditions that decide, about outputs that are there', () => {
    const start = defineWorkflow('one').thenStep(parse).thenStep(count);
    const short = defineStep({ id: 'short', run: (_, n: number) => `short ${n}` });
    start.thenStepIf(async ({ signal, state }) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      // @ts-expect-error a condition reads only
      expect(state.set).toBeUndefined();
      return true;
    }, short);
    // @ts-expect-error a text decides nothing
    start.thenStepIf(() => 'yes', short);
    // @ts-expect-error no step of this id is before it
    start.thenStepIf(({ outputs }) => outputs.get('longest') === '', short);
    // @ts-expect-error the step does not accept what comes to it
    start.thenStepIf(() => true, join);
  });

  it('join the outputs of several groups, and of groups of one', () => {
    const size = defineStep({ id: 'size', run: (_, parts: { count: number; longest: string }) => parts.count });
    const name = defineStep({ id: 'name', run: (_, parts: { count: number; longest: string }) => parts.longest });
    const both = defineStep({ id: 'both', run: (_, parts: { size: number; name: string }) => parts.name.length });
    const only = defineStep({ id: 'only', run: (_, n: number) => n > 1 });
    const groups = defineWorkflow('groups').thenStep(parse).parallel(count, longest).parallel(size, name);
    expectTypeOf(groups.thenStep(both).parallel(only).build()).toExtend<Workflow<{ text: string }, boolean>>();
    expectTypeOf(groups.build()).toExtend<Workflow<{ text: string }, { size: number; name: string }>>();
    // @ts-expect-error a member of the group does not accept what comes to it
    defineWorkflow('wrong').thenStep(parse).parallel(count, only);
  });

  it('know the input of the run, also of a group at the beginning', () => {
    const a = defineStep({ id: 'a', run: (_, input: { a: number }) => input.a });
    const b = defineStep({ id: 'b', run: (_, input: { b: string }) => input.b });
    const c = defineStep({ id: 'c', run: ({ input }: WorkflowStepContext<{ a: number }, { b: string }>) => input.b });
    const workflow = defineWorkflow('group').parallel(a, b).thenStep(c).build();
    expectTypeOf(workflow).toExtend<Workflow<{ a: number; b: string }, string>>();
    const wrong = defineStep({
      id: 'd',
      run: ({ input }: WorkflowStepContext<{ a: number }, { z: string }>) => input.z,
    });
    // @ts-expect-error the input of the run has no z
    defineWorkflow('group').parallel(a, b).thenStep(wrong);
  });

  it('hold in the package as it is built', () => {
    const text = built.defineStep({ id: 'text', run: (_, n: number) => String(n) });
    const size = built.defineStep({ id: 'size', run: (_, value: string) => value.length });
    const start = built.defineWorkflow('w').thenStep(text);
    expectTypeOf(start.thenStep(size).build()).toEqualTypeOf<built.Workflow<number, number>>();
    const wrong = built.defineStep({ id: 'wrong', run: (_, value: { a: number }) => value.a });
    // @ts-expect-error it does not accept a text
    start.thenStep(wrong);
    const engine = built.createEngine({ store: built.memoryStore() });
    // @ts-expect-error the input is a number
    const run = () => engine.run(start.build(), 'text');
    expectTypeOf(run).returns.resolves.toHaveProperty('output').toBeString();
  });
});
