import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { createEngine } from '../../../src/orchestration/workflow/create-engine.js';
import { defineMapStep } from '../../../src/orchestration/workflow/define-map-step.js';
import { defineStep } from '../../../src/orchestration/workflow/define-step.js';
import { defineWorkflow } from '../../../src/orchestration/workflow/define-workflow.js';
import type { Workflow } from '../../../src/orchestration/workflow/workflow.js';

const size = defineStep({ id: 'size', run: (_, text: string) => text.length });
const double = defineStep({ id: 'double', run: (_, n: number) => n * 2 });
const upper = defineStep({ id: 'upper', run: (_, text: string) => text.toUpperCase() });
const start = defineWorkflow('w').thenStep(size);

describe('a step that is written in place', () => {
  it('takes its input, its outputs and the input of the run from what comes before it', () => {
    const workflow = start
      .thenStep(
        defineStep({
          id: 'next',
          run: ({ outputs, input }, n) => {
            expectTypeOf(n).toEqualTypeOf<number>();
            expectTypeOf(outputs.get('size')).toEqualTypeOf<number>();
            expectTypeOf(input).toEqualTypeOf<string>();
            return { half: n / 2 };
          },
        }),
      )
      .thenStep(defineStep({ id: 'last', output: z.number().transform(String), run: (_, { half }) => half }))
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, string>>();
  });

  it('accepts what its schema accepts, and receives what the schema gives', () => {
    const workflow = start
      .thenStep(
        defineStep({
          id: 'text',
          input: z.number().transform(String),
          run: (_, text) => {
            expectTypeOf(text).toEqualTypeOf<string>();
            return text;
          },
        }),
      )
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, string>>();
  });

  it('does not compile where it does not accept what comes before it', () => {
    // @ts-expect-error a number comes
    start.thenStep(defineStep({ id: 'x', run: (_, text: string) => text }));
    // @ts-expect-error a number comes
    start.thenStep(defineStep({ id: 'x', input: z.string(), run: (_, text) => text }));
    // @ts-expect-error a number comes, whatever run says
    start.thenStep(defineStep({ id: 'x', input: z.string(), run: (_, text: string) => text }));
    // @ts-expect-error a number comes
    start.parallel(double, defineStep({ id: 'x', run: (_, text: string) => text }));
    start
      .parallel(double, defineStep({ id: 'text', run: (_, n: number) => `${n}` }))
      // @ts-expect-error the text is no number
      .thenStep(defineStep({ id: 'x', run: (_, { text }: { text: number }) => text }));
  });

  it('is checked after a condition as well', () => {
    const workflow = start
      .thenStepIf(
        (_, n) => n > 3,
        defineStep({ id: 'long', run: (_, n) => ({ long: n }) }),
        defineStep({ id: 'short', run: (_, n) => `${n}` }),
      )
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, string | { long: number }>>();
    // @ts-expect-error a number comes
    start.thenStepIf(() => true, defineStep({ id: 'x', run: (_, text: string) => text }));
    // @ts-expect-error a number comes
    start.thenStepIf(() => true, double, defineStep({ id: 'x', run: (_, text: string) => text }));
    // @ts-expect-error it may be a text or a number
    start.thenStepIf(() => true, defineStep({ id: 's', run: (_, n) => `${n}` })).thenStep(double);
  });

  it('may receive undefined behind a step that tolerates its failure', () => {
    const tolerant = () => start.thenStep(defineStep({ id: 't', continueOnError: true, run: (_, n) => n + 1 }));
    tolerant().thenStep(
      defineStep({
        id: 'x',
        run: (_, n) => {
          expectTypeOf(n).toEqualTypeOf<number | undefined>();
          return n ?? 0;
        },
      }),
    );
    // @ts-expect-error the number may be missing
    tolerant().thenStep(defineStep({ id: 'x', run: (_, n: number) => n }));
    const all = defineWorkflow('w', 'W', { continueOnError: true }).thenStep(size);
    // @ts-expect-error the number may be missing, as the workflow says
    all.thenStep(defineStep({ id: 'x', run: (_, n: number) => n }));
  });
});

describe('a map step that is written in place', () => {
  const words = defineWorkflow('words').thenStep(
    defineStep({ id: 'words', run: (_, text: string) => text.split(' ') }),
  );

  it('takes its items from what comes before it', () => {
    const workflow = words
      .thenStep(defineMapStep({ id: 'lengths', items: (list) => list, run: (_, word) => word.length }))
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, number[]>>();
  });

  it('does not compile where it does not accept what comes before it', () => {
    // @ts-expect-error an array of texts comes
    words.thenStep(defineMapStep({ id: 'x', items: (n: number) => [n], run: (_, n) => n }));
  });
});

describe('a condition at the beginning', () => {
  it('decides on the input of the run', async () => {
    const one = defineWorkflow('one')
      .thenStepIf((_, text) => text.length > 2, size)
      .build();
    expectTypeOf(one).toEqualTypeOf<Workflow<string, string | number>>();
    const two = defineWorkflow('two')
      .thenStepIf(({ input }) => input.length > 2, size, upper)
      .build();
    expectTypeOf(two).toEqualTypeOf<Workflow<string, string | number>>();
    const engine = createEngine({ store: memoryWorkflows() });
    const output = async (workflow: Workflow<string>, text: string) => (await engine.run(workflow, text)).output;
    expect(await Promise.all(['no', 'yes'].map((text) => output(one, text)))).toEqual(['no', 3]);
    expect(await Promise.all(['no', 'yes'].map((text) => output(two, text)))).toEqual(['NO', 3]);
    expect(one.toMermaid()).toContain('size');
  });

  it('does not compile where a step does not accept it', () => {
    // @ts-expect-error one step wants a text, the other a number
    defineWorkflow('w').thenStepIf(() => true, size, double);
    // @ts-expect-error a text has no such property
    defineWorkflow('w').thenStepIf((_, text) => text.pages > 2, size);
    // @ts-expect-error no step is before it
    defineWorkflow('w').thenStepIf(({ outputs }) => outputs.get('size') > 2, size);
  });
});

describe('a group of steps in an array', () => {
  const numbered = (['a', 'b'] as string[]).map((letter) =>
    defineStep({ id: `${letter}1`, run: (_, n: number) => letter.repeat(n) }),
  );

  it('gives a record by id', async () => {
    const list = defineStep({ id: 'list', run: (_, texts: Record<string, string>) => Object.values(texts).join() });
    const workflow = start
      .parallel(...numbered)
      .thenStep(list)
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, string>>();
    const first = defineWorkflow('first')
      .parallel(...numbered)
      .thenStep(list)
      .build();
    expectTypeOf(first).toEqualTypeOf<Workflow<number, string>>();
    const engine = createEngine({ store: memoryWorkflows() });
    expect((await engine.run(workflow, 'ab')).output).toBe('aa,bb');
  });

  it('gives an object by id where the array is a tuple', () => {
    const tuple = [size, upper] as const;
    const workflow = defineWorkflow('tuple')
      .parallel(...tuple)
      .build();
    expectTypeOf(workflow).toEqualTypeOf<Workflow<string, { readonly size: number; readonly upper: string }>>();
  });

  it('does not compile where a step does not accept what comes before it', () => {
    const texts = defineWorkflow('w').thenStep(upper);
    // @ts-expect-error a text comes
    texts.parallel(...numbered);
    const tuple = [double, defineStep({ id: 'trim', run: (_, text: string) => text.trim() })] as const;
    // @ts-expect-error a number comes
    start.parallel(...tuple);
    const count = defineStep({ id: 'count', run: (_, texts: Record<string, number>) => texts });
    // @ts-expect-error the record has texts
    start.parallel(...numbered).thenStep(count);
  });
});
