import { expect, test } from 'vitest';
import { createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';

const step = <const Id extends string>(id: Id, name: string = id) =>
  defineStep({ id, name, run: (_, n: unknown) => n ?? 1 });

const workflow = defineWorkflow('w')
  .thenStep(step('a', 'Say "hi"\nto #1'))
  .parallel(step('b'), step('c'))
  .thenStepIf(() => false, step('d'))
  .thenStepIf(() => true, step('e'), step('f'))
  .thenStep(
    defineStep({
      id: 'g',
      retries: 0,
      run: () => {
        throw new Error('no');
      },
    }),
  )
  .thenStep(step('h'))
  .build();

const chart = [
  'flowchart TD',
  '  n0["Say #34;hi#34; to #35;1"]',
  '  n1["b"]',
  '  n0 --> n1',
  '  n2["c"]',
  '  n0 --> n2',
  '  n3{"d?"}',
  '  n1 --> n3',
  '  n2 --> n3',
  '  n4["d"]',
  '  n3 -->|"yes"| n4',
  '  n5{"e?"}',
  '  n4 --> n5',
  '  n3 -->|"no"| n5',
  '  n6["e"]',
  '  n5 -->|"yes"| n6',
  '  n7["f"]',
  '  n5 -->|"no"| n7',
  '  n8["g"]',
  '  n6 --> n8',
  '  n7 --> n8',
  '  n9["h"]',
  '  n8 --> n9',
];

test('a workflow is drawn with groups and choices', () => {
  expect(workflow.toMermaid()).toBe(`${chart.join('\n')}\n`);
});

test('a run is drawn with the path taken and where each step stands', async () => {
  const engine = createEngine({ store: memoryWorkflows() });
  await engine.run(workflow, 1, { runId: 'r' }).catch(() => {});
  const lines = workflow
    .toMermaid({ run: await engine.get('r') })
    .trimEnd()
    .split('\n');
  expect(lines.slice(0, chart.length)).toEqual(chart);
  expect(lines.slice(chart.length).filter((line) => !line.includes('classDef'))).toEqual([
    '  class n0,n1,n2,n6 completed',
    '  class n4,n7 skipped',
    '  class n8 failed',
    '  class n9 pending',
    '  linkStyle 0,1,2,3,6,7,9 stroke:#2b8a3e,stroke-width:3px',
  ]);
});

test('a run that has not begun has no path', () => {
  const run = {
    runId: 'r',
    workflow: 'w',
    status: 'pending',
    idempotencyKey: null,
    cancelRequested: false,
    error: null,
    pauses: [],
    createdAt: 0,
    startedAt: null,
    completedAt: null,
    input: 1,
    output: undefined,
    steps: [],
    state: {},
  } as const;
  const text = workflow.toMermaid({ run });
  expect(text).toContain('class n0,n1,');
  expect(text).not.toContain('linkStyle');
});
