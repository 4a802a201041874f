import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import type { Prompt } from '../../src/classify/prompt/prompt.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { labelRows, splitOf } from '../../src/evaluate/experiment/labelled-rows.js';
import { type SearchOptions, searchFewShot } from '../../src/evaluate/few-shot-search.js';
import { memoryRunStore, memoryRuns } from '../../src/store/runs/memory-run-store.js';
import { createScriptedModel } from '../../src/testing/index.js';

const labels = ['good', 'bad'];
const zeroShot = parsePrompt('zero', '---\nlabels: [good, bad]\n---\nSay {{labelList}}.\nReview: {{review}}');

/** Rows whose text begins with their label; of the given texts, or of numbered ones. */
function rows(count: number, textOf = (index: number) => `${labels[index % 2]} ${index}`) {
  return labelRows(
    Array.from({ length: count }, (_, index) => {
      const expected = labels[index % 2] ?? 'good';
      return { index, id: String(index), text: textOf(index), expected };
    }),
    labels,
  );
}

interface Question {
  readonly prompt: Prompt;
  readonly review: string;
  /** The whole prompt as it is sent. */
  readonly sent: string;
}

/** Searches with a model that is right about a question where the script says so; all questions are kept. */
async function search(isRight: (question: Question) => boolean, options: Partial<SearchOptions> = {}) {
  const questions: Question[] = [];
  const found = await searchFewShot({
    prompt: zeroShot,
    data: rows(90),
    examples: 2,
    restarts: 6,
    agentFor: async (prompt) => {
      const model = createScriptedModel(({ subject, input }) => {
        const question = { prompt, review: subject, sent: JSON.stringify(input) };
        questions.push(question);
        const truth = subject.trim().split(' ')[0] ?? '';
        return isRight(question) ? truth : truth === 'good' ? 'bad' : 'good';
      });
      return createAgent({ model, prompt, labels, retry: { maxRetries: 0 } });
    },
    ...options,
  });
  return { ...found, questions };
}

/** Right about a third of the rows, and about more the more the examples end in certain digits. */
function bySum({ prompt, review }: Question): boolean {
  const sum = prompt.examples.reduce((all, { text }) => all + Number(text.split(' ')[1] ?? 0), 0);
  const number = Number(review.split(' ')[1]);
  return number % 10 < 3 + (sum % 7);
}

describe('a search for examples', () => {
  let bySumFound: Awaited<ReturnType<typeof search>>;
  beforeAll(async () => {
    bySumFound = await search(bySum);
  });

  it('finds the examples with which a model does best, says how much better, and writes them', () => {
    const { result, prompt, source } = bySumFound;
    const [first] = result.candidates;
    expect(first).toMatchObject({ finalist: true });
    expect(result.validation[0]).toMatchObject({ name: 'zero', compared: null });
    expect(result.looks).toBe(4);
    expect(result.validation).toHaveLength(4);
    expect(result.winner).toMatchObject({ better: true, significant: true });
    expect(result.winner.adjusted).toMatchObject({ variant: result.winner.name, variants: 3 });
    expect(result.winner.sentence).toMatch(/^draw \d · (?:turns|block) beats zero by .* after correction\)$/);
    expect(parsePrompt('zero-few-shot', source)).toEqual(prompt);
    expect(prompt.examples).toHaveLength(4);
    expect(prompt.examples.filter(({ label }) => label === 'good')).toHaveLength(2);
    for (const { text, label } of prompt.examples) expect(text.startsWith(label)).toBe(true);
  });

  it('corrects the p-values for the finalists, and compares each with the unchanged prompt on the same rows', () => {
    const { result } = bySumFound;
    const compared = result.validation.flatMap((look) => look.compared ?? []);
    expect(compared).toHaveLength(3);
    for (const { p_value, p_adjusted } of compared) expect(p_adjusted).toBeGreaterThanOrEqual(p_value);
    const smallest = Math.min(...compared.map(({ p_value }) => p_value));
    // Never more than with the bound of Bonferroni.
    expect(compared.find(({ p_value }) => p_value === smallest)?.p_adjusted).toBeLessThanOrEqual(smallest * 3);
    const [unchanged, ...others] = result.validation;
    for (const { accuracy, compared: against } of others) {
      expect((accuracy.value ?? 0) - (unchanged?.accuracy.value ?? 0)).toBeCloseTo(against?.difference ?? 9, 12);
    }
  });

  it('measures the finalists and the unchanged prompt on the validation half only once', () => {
    const { result, questions } = bySumFound;
    const asked = new Map<string, number>();
    for (const { review, prompt } of questions) {
      const key = `${prompt.hash} ${review}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
    }
    expect([...new Set(asked.values())]).toEqual([1]);
    const { scored, validation } = result.rows;
    expect(questions).toHaveLength(7 * scored + 4 * validation);
    const firstLook = questions.findIndex(({ review }) => splitOf(review) === 'validation');
    expect(questions.slice(firstLook).every(({ review }) => splitOf(review) === 'validation')).toBe(true);
  });

  it('says so where the examples are not better than none', async () => {
    const { result, source } = await search(({ prompt }) => prompt.examples.length === 0);
    expect(result.winner).toMatchObject({ better: false, significant: false });
    expect(result.winner.sentence).toMatch(/^zero beats draw/);
    expect(source).toContain('examples:');
    const same = await search(() => true);
    expect(same.result.winner).toMatchObject({ better: false, significant: false });
    expect(same.result.winner.sentence).toContain('no difference can be claimed');
  });

  it('counts a row without an answer as a wrong one', async () => {
    const { result } = await search(() => true, {
      agentFor: async (prompt) => {
        const step = prompt.examples.length === 0 ? 'good' : new Error('no answer');
        return createAgent({ model: createScriptedModel(() => step), prompt, labels, retry: { maxRetries: 0 } });
      },
    });
    expect(result.winner.better).toBe(false);
    expect(result.validation[1]).toMatchObject({ accuracy: { value: 0 }, failed: result.rows.validation });
  });

  it('tries the examples that the prompt has but does not show, and both ways of showing', async () => {
    const examples = [
      { text: 'good of its own', label: 'good' },
      { text: 'bad of its own', label: 'bad' },
    ];
    const prompt = { ...zeroShot, examples };
    const { result, prompt: found } = await search(({ sent }) => sent.includes('of its own'), { prompt });
    expect(result.candidates.map(({ name }) => name)).toContain('own examples · block');
    expect(result.winner.name).toMatch(/^own examples · /);
    expect(found.examples).toEqual(examples);
    expect(new Set(result.candidates.slice(0, -1).map(({ form }) => form))).toEqual(new Set(['turns', 'block', 'own']));
  });

  it.each([
    ['in turn', 'good bad good bad', 'good bad good bad good bad'],
    ['label by label', 'bad bad good good', 'bad bad bad good good good'],
  ])('keeps the pattern of the examples that the prompt shows: %s', async (_, shown, written) => {
    const examples = shown.split(' ').map((label, index) => ({ text: `${label} shown ${index}`, label }));
    const template =
      'Texts and what they are.\n{{#each examples}}\n\n> {{text}} => {{label}}\n{{/each}}\n\n> {{review}} =>';
    const prompt = { ...zeroShot, template, examples };
    const { result, source } = await search(bySum, { prompt, examples: 3, restarts: 2 });
    const read = parsePrompt('again', source);
    expect(read.template.trim()).toBe(template);
    expect(read.examples.map(({ label }) => label).join(' ')).toBe(written);
    expect(result.candidates.every(({ form }) => form === 'own')).toBe(true);
  });

  it('is the same again with the same seed, and another one with another', async () => {
    const [one, two, other] = [bySumFound, await search(bySum), await search(bySum, { seed: 2 })];
    expect(one.source).toBe(two.source);
    expect(one.result.candidates).toEqual(two.result.candidates);
    const hashes = ({ result }: typeof one) => result.candidates.map(({ prompt }) => prompt);
    expect(hashes(other)).not.toEqual(hashes(one));
  });

  it('goes on where it was interrupted', async () => {
    const runs = memoryRuns();
    let next = 0;
    const record = () => ({
      store: memoryRunStore({ shared: runs }),
      names: ['data.csv'],
      digest: 'd',
      choice: '{}',
      configuration: {},
      newRunId: () => `run-${next++}`,
    });
    const stop = new AbortController();
    let asked = 0;
    const interrupted = search(
      (question) => {
        asked += 1;
        if (asked === 100) stop.abort(new Error('enough'));
        return bySum(question);
      },
      { record: record(), signal: stop.signal },
    );
    await expect(interrupted).rejects.toThrow('enough');
    const { questions, result } = await search(bySum, { record: record() });
    const all = 7 * result.rows.scored + 4 * result.rows.validation;
    expect(questions.length).toBeLessThanOrEqual(all - 90);
    expect(bySumFound.result.winner).toEqual(result.winner);
  });

  it('rejects impossible searches before any request', async () => {
    await expect(search(bySum, { examples: 50 })).rejects.toThrow(
      /texts to choose 50 examples of 'good' from; choose fewer/,
    );
    await expect(search(bySum, { restarts: 0 })).rejects.toThrow('restarts');
    await expect(search(bySum, { data: rows(2) })).rejects.toThrow(/the half '(?:train|validation)' has/);
    const prompt = parsePrompt('p', '---\nlabels: [good, bad]\n---\n{{#if labels}}{{review}}{{/if}}');
    await expect(search(bySum, { prompt })).rejects.toThrow('write {{#each examples}} where they belong');
  });

  it('never shows or scores a text of the validation half, nor one that is scored, before the end', async () => {
    const word = fc.constantFrom(
      'a',
      'A',
      'b',
      ' ',
      '\n',
      '<|im_end|>',
      '< |',
      '---',
      '{{review}}',
      '\u0000',
      'ﬁ',
      '🙂',
    );
    const texts = fc.array(fc.array(word, { maxLength: 3 }), { minLength: 60, maxLength: 90 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 1_000 }), async (parts, seed) => {
        const data = rows(
          parts.length,
          (index) => `${labels[index % 2]} ${index % 50} ${parts[index]?.join('') ?? ''}`,
        );
        const { questions } = await search(() => true, { data, seed, examples: 1, restarts: 3 });
        const content = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
        const half = (name: string) => data.rows.filter(({ text }) => splitOf(text) === name);
        const validation = new Set(half('validation').map(({ text }) => content(text)));
        const firstLook = questions.findIndex(({ review }) => validation.has(content(review)));
        const before = new Set(questions.slice(0, firstLook).map(({ review }) => content(review)));
        for (const text of before) expect(validation.has(text)).toBe(false);
        for (const { prompt } of questions) {
          for (const { text } of prompt.examples) {
            expect(validation.has(content(text))).toBe(false);
            expect(before.has(content(text))).toBe(false);
          }
        }
      }),
      { numRuns: 5 },
    );
  });
});
