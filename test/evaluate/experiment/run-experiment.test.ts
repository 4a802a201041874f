import { describe, expect, it } from 'vitest';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { planVariants } from '../../../src/evaluate/experiment/experiment-plan.js';
import type { GridProgress } from '../../../src/evaluate/experiment/grid-progress.js';
import { runExperiment } from '../../../src/evaluate/experiment/run-experiment.js';
import { summarizeExperiment } from '../../../src/evaluate/experiment/summarize-experiment.js';
import { InterruptedError, type OptionHint } from '../../../src/foundation/errors/chorale-error.js';
import { ModelAuthError, ModelMissingError } from '../../../src/model/model-errors.js';
import { createScriptedModel, type ScriptedModel } from '../../../src/testing/index.js';
import { type Questions, right, runSample, sampleRows, wrong, wrongEvery } from './sample-experiment.js';

describe('runExperiment', () => {
  it('classifies every row with every variant, and scores the answers', async () => {
    const asked: Questions = new Map();
    const data = sampleRows(40);
    const { result } = await runSample({ a: right, b: wrongEvery(4) }, data, { asked });
    expect([...asked.values()].map((texts) => texts.length)).toEqual([40, 40]);
    const [a, b] = result.variants;
    expect(a).toMatchObject({ name: 'a', rows: 40, answered: 40, failed: 0, macro_f1: 1, kappa: 1, mcc: 1 });
    expect(a?.accuracy.value).toBe(1);
    expect(a?.accuracy.lower).toBeCloseTo(0.9124, 3);
    expect(b?.confusion).toEqual({
      labels: ['good', 'bad'],
      counts: [
        [10, 10],
        [0, 20],
      ],
      unanswered: [0, 0],
    });
    expect(b?.classes.good).toMatchObject({ precision: 1, recall: 0.5, support: 20, predicted: 10 });
    expect(b?.balanced_accuracy).toBe(0.75);
  });

  it('compares every pair on the same rows, and claims a difference only where there is one', async () => {
    const { result } = await runSample({ a: right, b: wrongEvery(2), c: wrongEvery(40) }, sampleRows(40));
    expect(result.pairs.map(({ a, b, significant }) => [a, b, significant])).toEqual([
      ['a', 'b', true],
      ['a', 'c', false],
      ['b', 'c', true],
    ]);
    const [ab, ac] = result.pairs;
    expect(ab).toMatchObject({ rows: 40, both_right: 20, only_a_right: 20, only_b_right: 0, both_wrong: 0 });
    expect(ab?.p_value).toBeLessThan(1e-5);
    expect(ab?.p_adjusted).toBeGreaterThanOrEqual(ab?.p_value ?? 1);
    expect(ab?.sentence).toMatch(/^a beats b by 50\.0 points \(95 % .* p < 0\.001 after correction\)$/);
    expect(ac?.sentence).toMatch(/no difference can be claimed/);
    expect(result.best).toEqual(['a', 'c']);
  });

  it('counts failures both ways, and compares pairs on all rows, with failures as wrong', async () => {
    const failing = (text: string, index: number) => (index < 10 ? 'what?' : (text.split(' ')[1] ?? ''));
    const { result } = await runSample({ a: failing, b: right }, sampleRows(40));
    const [a] = result.variants;
    expect(a).toMatchObject({ answered: 30, failed: 10 });
    expect(a?.accuracy).toMatchObject({ value: 0.75, rows: 40 });
    expect(a?.answered_only.accuracy).toMatchObject({ value: 1, rows: 30 });
    expect(a?.failures_as_wrong).toEqual(expect.objectContaining({ accuracy: a?.accuracy }));
    expect(a?.confusion.unanswered).toEqual([5, 5]);
    expect(a?.errors).toMatchObject([{ code: 'CHORALE_ANSWER_INVALID', count: 10 }]);
    expect(result.pairs[0]).toMatchObject({ rows: 40, only_b_right: 10, both_answered: { rows: 30, only_b_right: 0 } });
    expect(result.best).toEqual(['b']);
    expect(result.warnings).toContain('a failed on 10 of 40 rows: they count as wrong in all comparisons');
  });

  it('continues without an unavailable model, with the reason in its variants', async () => {
    const missing = new ModelMissingError('n', 'http://127.0.0.1:11434', ['m']);
    const models: ScriptedModel[] = [];
    const { result } = await runWithModels(['m', 'n'], models, (name) => {
      if (name === 'n') throw missing;
    });
    expect(result.variants.map(({ name, problem }) => [name, problem?.code ?? null])).toEqual([
      ['a · m', null],
      ['b · m', null],
      ['a · n', 'CHORALE_MODEL_MISSING'],
      ['b · n', 'CHORALE_MODEL_MISSING'],
    ]);
    expect(result.pairs).toHaveLength(1);
    expect(result.warnings.filter((warning) => warning.includes('was not measured'))).toHaveLength(2);
    await expect(
      runWithModels(['n'], models, () => {
        throw missing;
      }),
    ).rejects.toBe(missing);
  });

  it('stops where the key is rejected, and runs no further variant', async () => {
    const refused = new ModelAuthError('http://h', 401, 'no such key', 'check the key');
    const asked: Questions = new Map();
    const revoked = (text: string, index: number) => (index < 20 ? (text.split(' ')[1] ?? '') : refused);
    const answered: string[] = [];
    const options = {
      asked,
      workers: 4,
      onOutcome: async (_: unknown, __: number, { result }: { readonly result: { id: string; status: string } }) => {
        if (result.status === 'ok') answered.push(result.id);
      },
    };
    await expect(runSample({ a: revoked, b: right }, sampleRows(400), options)).rejects.toBe(refused);
    expect([...asked.keys()]).toEqual(['a/1']);
    expect(asked.get('a/1')?.length).toBeLessThanOrEqual(20 + 4);
    expect(answered).toHaveLength(20);
  });

  it('runs the variants model by model', async () => {
    const prepared: string[] = [];
    await runWithModels(['m', 'n'], [], (name) => prepared.push(name));
    expect(prepared).toEqual(['m', 'm', 'n', 'n']);
  });

  it('reports the progress of the whole grid', async () => {
    const seen: GridProgress[] = [];
    await runSample({ a: right, b: wrong }, sampleRows(10), { repeats: 2, onProgress: (at) => seen.push(at) });
    expect(seen).toHaveLength(40);
    expect(seen.map(({ done }) => done)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(seen.at(-1)).toMatchObject({ done: 40, total: 40, failed: 0, variant: 'b', repeat: 2 });
    expect(seen[15]).toMatchObject({ variant: 'b', repeat: 1 });
    expect(seen[25]).toMatchObject({ variant: 'a', repeat: 2 });
  });

  it('measures the stability of answers, with the metrics of the first round', async () => {
    const fickle = (text: string, index: number, _: unknown, repeat: number) =>
      (index < 8 && repeat === 2 ? wrong : right)(
        text,
        index,
        { name: '', prompt: '', model: null, options: {} },
        repeat,
      );
    const { result } = await runSample({ a: fickle, b: right }, sampleRows(40), { repeats: 3 });
    const [a, b] = result.variants;
    expect(a?.accuracy.value).toBe(1);
    expect(a?.stability).toMatchObject({ repeats: 3, changed: 8, changed_share: 0.2, accuracies: [1, 0.8, 1] });
    expect(a?.stability?.variance.model).toBeGreaterThan(0);
    expect(b?.stability).toMatchObject({ changed: 0, all_right_share: 1 });
    expect((await runSample({ a: right }, sampleRows(40))).result.variants[0]?.stability).toBeNull();
  });

  it('finds disagreements and suspected label errors', async () => {
    const sure = (answer: string) => ({ text: answer, confidence: 0.99 });
    const odd = (text: string, index: number) => sure(index === 3 ? 'good' : (text.split(' ')[1] ?? ''));
    const { result, answers } = await runSample(
      { a: odd, b: odd, c: (text, index) => (index === 5 ? 'good' : (text.split(' ')[1] ?? '')) },
      sampleRows(40),
    );
    expect(result.dividing_rows.map(({ id, division }) => [id, division])).toEqual([
      ['4', 2 / 3],
      ['6', 2 / 3],
    ]);
    expect(result.dividing_rows[0]?.answers).toEqual({ a: 'good', b: 'good', c: 'bad' });
    expect(result.doubtful_labels).toMatchObject([
      { id: '4', expected: 'bad', answered: 'good', variants: ['a', 'b'] },
    ]);
    expect([...answers.differences('a', 'c')].map(({ row, a, b }) => [row.id, a, b])).toEqual([
      ['4', 'good', 'bad'],
      ['6', 'bad', 'good'],
    ]);
  });

  it('stops where it is told to, with the reason', async () => {
    const stop = new AbortController();
    const reason = new InterruptedError('SIGINT');
    const asked: Questions = new Map();
    const answer = (text: string, index: number) => {
      if (index === 5) stop.abort(reason);
      return text.split(' ')[1] ?? '';
    };
    const running = runSample({ a: answer, b: right }, sampleRows(40), { asked, signal: stop.signal, workers: 1 });
    await expect(running).rejects.toBe(reason);
    expect([...asked.keys()]).toEqual(['a/1']);
  });

  it('rejects agents with other labels than the rows before any request', async () => {
    const asked: Questions = new Map();
    const data = sampleRows(40);
    const running = runSample({ a: right }, { ...data, labels: ['good', 'bad', 'so so'] }, { asked });
    await expect(running).rejects.toThrow("the variant 'a' answers with good, bad, the rows have good, bad, so so");
    expect(asked.size).toBe(0);
  });

  it('warns where rows are few, or a class is rare', async () => {
    const { warnings } = (await runSample({ a: right }, sampleRows(12))).result;
    expect(warnings).toEqual([
      '12 rows are few: they cannot show small differences',
      'fewer than 10 rows have the label good (6), bad (6): its metrics and macro-F1 are unreliable',
    ]);
  });

  it('names options in its warnings as the caller spells them, else as the library has them', async () => {
    const data = { ...sampleRows(12), labels: ['good', 'bad', 'so so'], counts: { good: 6, bad: 6, 'so so': 0 } };
    const problem = 'no row has the label so so, which the variants may answer; if none can have it: ';
    expect((await summarizeExperiment([], 1, 0, { data })).warnings).toContain(`${problem}labels=good,bad`);
    const spell = ({ option, value }: OptionHint) => `--${option} ${value}`;
    expect((await summarizeExperiment([], 1, 0, { data, spell })).warnings).toContain(`${problem}--labels good,bad`);
  });

  it('has latency, tokens and cost', async () => {
    const { result } = await runSample(
      {
        a: (text) => ({ text: text.split(' ')[1] ?? '', usage: { promptTokens: 100, completionTokens: 2 } }),
        b: right,
      },
      sampleRows(40),
      { priceOf: () => ({ promptPerMillion: 1, completionPerMillion: 10, currency: 'USD' }) },
    );
    const [a, b] = result.variants;
    expect(a?.tokens).toEqual({ prompt: 4_000, completion: 80, per_review: 102 });
    expect(a?.cost?.per_1000_reviews).toBeCloseTo(0.12);
    expect(a?.latency_ms.p50).toBeGreaterThanOrEqual(0);
    expect(a?.reviews_per_second).toBeGreaterThan(0);
    expect(b?.tokens.per_review).toBeNull();
    expect(b?.cost).toBeNull();
    expect(result.pareto.macro_f1_and_tokens).toEqual(['a']);
  });
});

function runWithModels(names: readonly string[], models: ScriptedModel[], onPrepare: (name: string) => void) {
  const prompt = parsePrompt('p', '---\nlabels: [good, bad]\n---\n{{labelList}} {{review}}\n', 'p');
  return runExperiment({
    variants: planVariants({ prompts: ['a', 'b'], models: names }),
    data: sampleRows(40),
    resamples: 200,
    repeatSample: false,
    agentFor: async ({ model }) => {
      const name = model ?? '';
      const scripted = createScriptedModel(({ subject }) => subject.split(' ')[1] ?? '', {
        name,
        onPrepare: () => onPrepare(name),
      });
      models.push(scripted);
      return createAgent({ model: scripted, prompt });
    },
  });
}
