import { describe, expect, it } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { choosePrompt, type PromptMetrics, tryPrompts } from '../../src/evaluate/prompt-trial.js';
import { ModelRejectedError } from '../../src/model/model-errors.js';
import { createManualClock } from '../../src/testing/index.js';
import { createScriptedModel, type Script } from '../../src/testing/scripted-model.js';

const template = '---\nlabels: [positive, negative]\n---\nClassify: {{review}}';

async function candidate(name: string, script: Script, clock = createManualClock()) {
  const model = createScriptedModel(script, { clock });
  const retry = { maxRetries: 0 };
  return {
    name,
    model,
    agent: await createAgent({ model, prompt: parsePrompt(name, template), retry, runtime: clock }),
  };
}

/** Rows whose text is their gold label. */
const rows = Array.from({ length: 40 }, (_, index) => {
  const expected = index % 2 === 0 ? 'positive' : 'negative';
  return { index, id: `${index + 1}`, text: expected, expected };
});
const unlabelled = rows.map(({ expected: _, ...row }) => row);

/** Answers with the gold label, except in one row of so many. */
const wrongOnceIn = (every: number): Script => {
  return ({ subject }, index) =>
    index % every === every - 1 ? (subject === 'positive' ? 'negative' : 'positive') : subject;
};

describe('a trial of prompts', () => {
  it('measures every prompt on the same rows, and chooses the most accurate prompt', async () => {
    const candidates = [await candidate('short', wrongOnceIn(2)), await candidate('long', wrongOnceIn(20))];
    const trial = await tryPrompts({ candidates, reviews: rows, labelled: true, workers: 1 });
    expect(trial).toMatchObject({ rows: 40, labelled: true, chosen: 'long' });
    expect(trial.because).toMatch(/accuracy is the best/);
    const [short, long] = trial.prompts;
    expect(short).toMatchObject({ prompt: 'short', rows: 40, answered: 40, accuracy: { value: 0.5 } });
    expect(long?.accuracy?.value).toBeCloseTo(0.95, 9);
    expect(long?.accuracy?.lower).toBeCloseTo(0.835, 3);
    expect(long?.accuracy?.upper).toBeCloseTo(0.986, 3);
  });

  it('prefers the shorter answers where the accuracy is within one standard error of the best', async () => {
    const candidates = [await candidate('short', wrongOnceIn(20)), await candidate('long', wrongOnceIn(40))];
    const trial = await tryPrompts({ candidates, reviews: rows, labelled: true, workers: 1 });
    expect(trial.chosen).toBe('short');
    expect(trial.because).toMatch(/within one standard error of the best \(long\)/);
  });

  it('counts failed rows as wrong', async () => {
    const candidates = [
      await candidate('failing', ({ subject }, index) => (index % 2 === 1 ? 'no label' : subject)),
      await candidate('answering', wrongOnceIn(4)),
    ];
    const trial = await tryPrompts({ candidates, reviews: rows, labelled: true, workers: 1 });
    expect(trial.prompts[0]).toMatchObject({ rows: 40, answered: 20, accuracy: { value: 0.5 } });
    expect(trial.prompts[0]?.problem?.code).toMatch(/CHORALE_ANSWER/);
    expect(trial.chosen).toBe('answering');
  });

  it('gives up a prompt that fails on each of the first rows', async () => {
    const refused = await candidate('refused', () => new ModelRejectedError(400, 'no completions here'));
    const fine = await candidate('fine', ({ subject }) => subject);
    const trial = await tryPrompts({ candidates: [refused, fine], reviews: rows, labelled: true, workers: 1 });
    expect(refused.model.requests.length).toBeLessThan(10);
    expect(trial.chosen).toBe('fine');
  });

  it('without gold labels says nothing of accuracy, and that nothing was measured', async () => {
    const candidates = [await candidate('one', wrongOnceIn(3)), await candidate('other', ({ subject }) => subject)];
    const trial = await tryPrompts({ candidates, reviews: unlabelled, labelled: false, workers: 1 });
    expect(trial.prompts.map(({ accuracy }) => accuracy)).toEqual([null, null]);
    expect(trial.prompts[0]?.agreement).toBeCloseTo(27 / 40, 9);
    expect(trial.chosen).toBe('one');
    expect(trial.because).toMatch(/no measurement of accuracy/);
  });

  it('without gold labels passes over a prompt that gives one label to every row', async () => {
    const candidates = [
      await candidate('flat', () => 'positive'),
      await candidate('telling', ({ subject }) => subject),
    ];
    const trial = await tryPrompts({ candidates, reviews: unlabelled, labelled: false, workers: 1 });
    expect(trial.chosen).toBe('telling');
  });

  it('counts only the rows that were done within the time of a prompt', async () => {
    const clock = createManualClock();
    const slow = await candidate('slow', ({ subject }) => ({ text: subject, latencyMs: 400 }), clock);
    const trial = tryPrompts({
      candidates: [slow],
      reviews: rows,
      labelled: true,
      limitMs: 1_000,
      workers: 1,
      runtime: clock,
    });
    for (let step = 0; step < 12; step += 1) await clock.advance(100);
    const { prompts } = await trial;
    expect(prompts[0]).toMatchObject({ rows: 2, answered: 2 });
  });

  it('throws the reason of an abort, and tries no further prompt', async () => {
    const controller = new AbortController();
    const first = await candidate('first', ({ subject }, index) => {
      if (index === 3) controller.abort(new Error('enough'));
      return subject;
    });
    const second = await candidate('second', ({ subject }) => subject);
    const trial = tryPrompts({
      candidates: [first, second],
      reviews: rows,
      labelled: true,
      workers: 1,
      signal: controller.signal,
    });
    await expect(trial).rejects.toThrow('enough');
    expect(second.model.requests).toHaveLength(0);
  });
});

describe('the choice of a prompt', () => {
  const figures = (prompt: string, given: Partial<PromptMetrics>): PromptMetrics => ({
    prompt,
    prompt_id: `${prompt}@0`,
    rows: 40,
    answered: 40,
    accuracy: null,
    answers: { positive: 20, negative: 20 },
    agreement: null,
    label_mass: null,
    tokens: { prompt: null, completion: null },
    reviews_per_second: null,
    problem: null,
    ...given,
  });

  it('is not won by a few rows that all happened to be right', () => {
    const few = figures('few', { rows: 10, answered: 10, accuracy: { value: 1, lower: 0.72, upper: 1 } });
    const many = figures('many', { accuracy: { value: 0.95, lower: 0.835, upper: 0.986 } });
    expect(choosePrompt([many, few]).chosen).toBe('many');
    expect(choosePrompt([few, many]).chosen).toBe('few');
  });

  it('takes accuracy on less than ten rows for no measurement', () => {
    const few = figures('few', { rows: 3, answered: 3, accuracy: { value: 1, lower: 0.44, upper: 1 } });
    expect(choosePrompt([few]).because).toMatch(/no measurement of accuracy/);
  });

  it('takes the most valid answers where no prompt is fit', () => {
    const bad = figures('bad', { answered: 2, answers: { positive: 1, negative: 1 } });
    const better = figures('better', { answered: 30, answers: { positive: 15, negative: 15 } });
    expect(choosePrompt([bad, better])).toMatchObject({ chosen: 'better' });
  });

  it('passes over a prompt whose labels have next to none of the probability', () => {
    const unwanted = figures('short', { label_mass: 0.000002 });
    expect(choosePrompt([unwanted, figures('long', { label_mass: 0.05 })]).chosen).toBe('long');
  });

  it('accepts one label for every row where no prompt distinguishes rows', () => {
    const flat = { answers: { positive: 40, negative: 0 } };
    expect(choosePrompt([figures('short', flat), figures('long', flat)]).chosen).toBe('short');
  });
});
