import { describe, expect, it } from 'vitest';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { planVariants } from '../../../src/evaluate/experiment/experiment-plan.js';
import { type ExperimentOptions, runExperiment } from '../../../src/evaluate/experiment/run-experiment.js';
import { ModelMissingError } from '../../../src/model/model-errors.js';
import { createManualClock, createScriptedModel } from '../../../src/testing/index.js';
import { sampleRows } from './sample-experiment.js';

/** Latency of a variant's request, in milliseconds. @param atMs since the beginning of the experiment */
type Latency = (variant: string, atMs: number, text: string) => number;

/** An experiment with a server whose speed is that of a function. */
async function runTimed(latency: Latency, options: Partial<ExperimentOptions> & { readonly models?: string[] } = {}) {
  const { models = ['m'], ...others } = options;
  const clock = createManualClock();
  const prompt = parsePrompt('p', '---\nlabels: [good, bad]\n---\n{{labelList}} {{review}}\n', 'p');
  const order: string[] = [];
  const prepared: string[] = [];
  let isDone = false;
  const running = runExperiment({
    variants: planVariants({ prompts: models.length > 1 ? ['a'] : ['a', 'b'], models }),
    data: sampleRows(200),
    workers: 1,
    resamples: 1_000,
    repeatSample: false,
    runtime: clock,
    agentFor: async ({ name, model }) => {
      const scripted = createScriptedModel(
        ({ subject }) => {
          if (order.at(-1) !== name) order.push(name);
          return { text: subject.split(' ')[1] ?? '', latencyMs: latency(name, clock.now(), subject) };
        },
        { clock, name: model ?? 'm', onPrepare: () => prepared.push(name) },
      );
      return createAgent({ model: scripted, prompt, runtime: clock });
    },
    ...others,
  }).finally(() => {
    isDone = true;
  });
  while (!isDone) await clock.advanceToEnd();
  const { result } = await running;
  return { result, order, prepared, elapsedMs: clock.now() };
}

const ownLatency = (variant: string) => (variant === 'a' ? 100 : 80);

describe('variants that take turns', () => {
  /** Twice as slow after 15 seconds. */
  const slowing: Latency = (variant, at) => ownLatency(variant) * (at > 15_000 ? 2 : 1);

  it('shows the faster variant though the server becomes slower, where one after the other shows the wrong one', async () => {
    const oneAfterTheOther = await runTimed(slowing, { blocks: 1 });
    const [a, b] = oneAfterTheOther.result.variants.map(({ reviews_per_second: rate }) => rate ?? 0);
    expect(oneAfterTheOther.order).toEqual(['a', 'b']);
    expect(a).toBeGreaterThan(b ?? 0);
    const { result, order } = await runTimed(slowing);
    const [first, second] = result.variants.map(({ reviews_per_second: rate }) => rate ?? 0);
    expect(order.length).toBeGreaterThan(10);
    expect(second).toBeGreaterThan(first ?? 0);
  });

  it('calls a variant faster only where the intervals are apart', async () => {
    const noisy: Latency = (variant, at, text) => ownLatency(variant) * (0.9 + ((text.length * 7 + at) % 10) / 50);
    const { result } = await runTimed(noisy);
    const [a, b] = result.variants;
    expect(a?.speed.blocks).toBe(10);
    expect(a?.speed.reviews_per_second.upper).toBeLessThan(b?.speed.reviews_per_second.lower ?? 0);
    expect(a?.speed.latency_p50.lower).toBeGreaterThan(b?.speed.latency_p50.upper ?? 1e9);
    expect(result.pareto.criterion_and_speed).toEqual(['b']);
    const equal = await runTimed((_, at) => 100 + (at % 7));
    expect(equal.result.pareto.criterion_and_speed).toEqual(['a', 'b']);
    const alone = await runTimed(noisy, { blocks: 1 });
    expect(alone.result.variants[0]?.speed.reviews_per_second).toEqual({ lower: null, upper: null });
    expect(alone.result.pareto.criterion_and_speed).toEqual(['a', 'b']);
  });

  it('excludes the time of the other variants and of loading from the speed of one', async () => {
    const { result, prepared, order } = await runTimed(() => 100, { models: ['m', 'n'] });
    expect(result.variants.map(({ reviews_per_second: rate }) => rate)).toEqual([10, 10]);
    expect(result.variants.map(({ latency_ms }) => latency_ms.mean)).toEqual([100, 100]);
    expect(prepared).toHaveLength(order.length);
    expect(order.length).toBeLessThanOrEqual(10);
  });

  it('measures one variant alone in as many blocks, without a pause between them', async () => {
    const { result: both, elapsedMs } = await runTimed(() => 100, { workers: 4 });
    expect(both.variants[0]?.speed.blocks).toBe(10);
    const alone = await runTimed(() => 100, { variants: planVariants({ prompts: ['a'], models: ['m'] }), workers: 3 });
    expect(alone.result.variants[0]?.speed.blocks).toBe(10);
    expect(alone.elapsedMs).toBe(Math.ceil(200 / 3) * 100);
    expect(elapsedMs).toBe(10_000);
  });
});

describe('a stall', () => {
  it('is flagged for its variant, and told apart from its speed', async () => {
    const stalling: Latency = (variant, _, text) => (variant === 'b' && text.startsWith('77 ') ? 12_000 : 100);
    const { result } = await runTimed(stalling);
    const [a, b] = result.variants;
    expect(a?.speed.stalls).toMatchObject({ requests: 0, gaps: 0, ms: 0 });
    expect(b?.speed.stalls).toMatchObject({ requests: 1, gaps: 1 });
    expect(b?.speed.stalls.longer_than_ms).toBeCloseTo(500, -1);
    expect(b?.reviews_per_second).toBeCloseTo(200 / 31.9, 5);
    expect(b?.speed.without_stalls.reviews_per_second).toBeCloseTo(10, 0);
    expect(b?.latency_ms.mean).toBeCloseTo(159.5, 5);
    expect(b?.speed.without_stalls.latency_ms.mean).toBeCloseTo(100, -1);
    expect(result.warnings.filter((warning) => warning.includes('stalled'))).toEqual([
      expect.stringMatching(
        /^b stalled: 1 request and 1 pause without an answer \(1\d\.\d s in all\) longer than 0\.5 s/,
      ),
    ]);
  });

  it('of one worker of several is a long request, but no pause', async () => {
    const stalling: Latency = (variant, _, text) => (variant === 'b' && text.startsWith('60 ') ? 1_200 : 100);
    const { result } = await runTimed(stalling, { workers: 4, blocks: 2 });
    expect(result.variants[1]?.speed.stalls).toMatchObject({ requests: 1, gaps: 0 });
  });
});

describe('a variant that drops out between its blocks', () => {
  it('has the reason in place of metrics, and the variants of other models continue', async () => {
    const data = sampleRows(200);
    const lost = new ModelMissingError('n', 'http://127.0.0.1:11434', ['m']);
    let prepared = 0;
    const seen: { readonly done: number; readonly total: number }[] = [];
    const prompt = parsePrompt('p', '---\nlabels: [good, bad]\n---\n{{labelList}} {{review}}\n', 'p');
    const { result } = await runExperiment({
      variants: planVariants({ prompts: ['a'], models: ['m', 'n'] }),
      data,
      workers: 2,
      resamples: 200,
      repeatSample: false,
      onProgress: (at) => seen.push(at),
      agentFor: async ({ model }) => {
        const scripted = createScriptedModel(({ subject }) => subject.split(' ')[1] ?? '', {
          name: model ?? 'm',
          onPrepare() {
            if (model !== 'n') return;
            prepared += 1;
            if (prepared === 3) throw lost;
          },
        });
        return createAgent({ model: scripted, prompt });
      },
    });
    expect(result.variants.map(({ answered, problem }) => [answered, problem?.code ?? null])).toEqual([
      [200, null],
      [0, 'CHORALE_MODEL_MISSING'],
    ]);
    const { done = 0, total = 0 } = seen.at(-1) ?? {};
    expect(done).toBe(total);
    expect(total).toBeGreaterThan(200);
    expect(total).toBeLessThan(400);
  });
});
