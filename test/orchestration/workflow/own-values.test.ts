import { describe, expect, test } from 'vitest';
import { createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';

const numbers = defineStep({ id: 'numbers', run: () => [3, 1, 2] });

describe('a value that a step changes in place', () => {
  test('stays as it was for siblings, later steps, conditions and the result', async () => {
    const sort = defineStep({ id: 'sort', run: (_, list: number[]) => list.sort() });
    const look = defineStep({
      id: 'look',
      run: async (_, list: number[]) => {
        await Promise.resolve();
        return [...list];
      },
    });
    const later = defineStep({
      id: 'later',
      run: ({ outputs, input }, both: { sort: number[]; look: number[] }) => {
        outputs.get(numbers).reverse();
        (input as number[]).push(9);
        both.sort.length = 0;
        return { numbers: outputs.get(numbers), sort: outputs.get(sort), look: both.look, input };
      },
    });
    const last = defineStep({ id: 'last', run: ({ input, outputs }) => ({ input, later: outputs.get(later) }) });
    const workflow = defineWorkflow('w')
      .thenStep(numbers)
      .parallel(sort, look)
      .thenStep(later)
      .thenStepIf((_, value) => (value as { look: number[] }).look.splice(0).length > 0, last)
      .build();
    const given = [7];
    const { output } = await createEngine({ store: memoryWorkflows() }).run(workflow, given);
    const seen = { numbers: [3, 1, 2], sort: [1, 2, 3], look: [3, 1, 2] };
    expect(output).toEqual({ input: [7], later: { ...seen, input: [7, 9] } });
    expect(given).toEqual([7]);
  });

  test('is whole again for the next attempt', async () => {
    const inputs: number[][] = [];
    const picky = defineStep({
      id: 'picky',
      retries: 2,
      backoff: 'none',
      retryDelayMs: 0,
      run: ({ attempt }, list: number[]) => {
        inputs.push([...list]);
        list.pop();
        if (attempt < 3) throw new Error('again');
        return list;
      },
    });
    const workflow = defineWorkflow('w').thenStep(numbers).thenStep(picky).build();
    await createEngine({ store: memoryWorkflows() }).run(workflow, null);
    expect(inputs).toEqual([
      [3, 1, 2],
      [3, 1, 2],
      [3, 1, 2],
    ]);
  });

  test('is the same in a run that is resumed', async () => {
    const store = memoryWorkflows();
    let broken = true;
    const spoil = defineStep({
      id: 'spoil',
      retries: 0,
      run: ({ outputs }) => {
        outputs.get(numbers).length = 0;
        if (broken) throw new Error('broken');
        return outputs.get(numbers);
      },
    });
    const workflow = defineWorkflow('w').thenStep(numbers).thenStep(spoil).build();
    const undisturbed = createEngine({ store: memoryWorkflows() });
    const { runId, result } = await createEngine({ store }).start(workflow, null);
    await expect(result).rejects.toThrow('broken');
    broken = false;
    const resumed = await createEngine({ store }).resume(workflow, runId);
    expect(resumed.output).toEqual((await undisturbed.run(workflow, null)).output);
    expect(resumed.output).toEqual([3, 1, 2]);
  });
});
