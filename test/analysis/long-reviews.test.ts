import { describe, expect, it } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { classifyReview } from '../../src/analysis/classify-review.js';
import { createAgent } from '../../src/classify/agent.js';
import type { LongStrategy } from '../../src/classify/long-texts/long-strategy.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { createAbortController } from '../../src/foundation/abort.js';
import type { OptionHint, SpellOption } from '../../src/foundation/errors/chorale-error.js';
import { PromptTooLongError } from '../../src/model/model-errors.js';
import { createManualClock, createScriptedModel, type ScriptStep } from '../../src/testing/index.js';

const { signal } = createAbortController();
const yaml = 'labels: [positive, negative]\nconfig: { contextTokens: 100, maxOutputTokens: 4 }';
const prompt = parsePrompt('mine', `---\n${yaml}\n---\nJudge: {{review}}`);
const long = 'A sentence about the lamp. '.repeat(30);

/** Analyses reviews with a server of four characters a token that refuses what does not fit. */
async function analyze(
  texts: readonly string[],
  strategy?: LongStrategy,
  says: (text: string) => ScriptStep = () => 'positive',
  spell?: SpellOption,
) {
  const model = createScriptedModel(({ input, subject, options }) => {
    const promptTokens = 10 + Math.ceil((input.kind === 'chat' ? (input.messages[0]?.content ?? '') : '').length / 4);
    if (promptTokens > options.contextTokens) return new PromptTooLongError(options.contextTokens, 'too long');
    const step = says(subject);
    return typeof step === 'string' ? { text: step, usage: { promptTokens, completionTokens: 1 } } : step;
  });
  const agent = await createAgent({ model, prompt, long: strategy });
  return { ...(await analyzeReviews(texts, { agent, workers: 1, spell })), model };
}

describe('reviews that are too long', () => {
  it('are counted, also where there are none', async () => {
    const { summary } = await analyze(['good', 'fine']);
    expect(summary.long_reviews).toEqual({ count: 0, strategy: 'fail' });
    expect(summary.warnings).toEqual([]);
  });

  it('fail with their size, unless somebody says otherwise', async () => {
    const { results, summary } = await analyze(['good', long]);
    expect(results[1]).toMatchObject({
      status: 'failed',
      error_code: 'CHORALE_PROMPT_TOO_LONG',
      error: expect.stringMatching(/the prompt of about \d+ tokens does not fit into the context of 100 tokens/),
      attempts: 1,
    });
    expect(summary).toMatchObject({ long_reviews: { count: 1, strategy: 'fail' }, retries: 0, warnings: [] });
  });

  it('are named where they were not classified as a whole', async () => {
    const { results, summary } = await analyze(['good', ...Array<string>(7).fill(long)], 'head');
    expect(results.map(({ status }) => status)).toEqual(Array(8).fill('ok'));
    expect(summary.long_reviews).toEqual({ count: 7, strategy: 'head' });
    expect(summary.warnings).toEqual([
      '7 reviews were too long for the context window and classified by the beginning only (long=head): 2, 3, 4, 5, 6 and 2 more',
    ]);
  });

  it.each([
    ['tail', 'by the end only'],
    ['head-tail', 'by the beginning and end only'],
    ['split', 'in chunks whose labels were combined'],
  ] as const)('%s: the warning says %s', async (strategy, how) => {
    const { summary } = await analyze(['good', long], strategy);
    expect(summary.warnings).toEqual([
      `1 review was too long for the context window and classified ${how} (long=${strategy}): 2`,
    ]);
  });

  it('are told of with options as the caller spells them', async () => {
    const spell = ({ option, value = '' }: OptionHint) => `--${option} ${value}`.trim();
    const cut = await analyze([long], 'head', undefined, spell);
    expect(cut.summary.warnings.join()).toContain('(--long head): 1');
    const failed = await analyze([long], 'fail', undefined, spell);
    const named = 'cut or split it with the option --long (head, tail, head-tail, split)';
    expect(failed.results[0]?.error).toContain(named);
    expect(failed.summary.errors[0]?.message).toContain(named);
  });

  it('cost questions that are attempts and no retries', async () => {
    const { results, summary, model } = await analyze(['good', long], 'split');
    const [, split] = results;
    expect(split?.attempts).toBe(model.requests.length - 1);
    expect(split?.attempts).toBeGreaterThan(3);
    expect(summary.retries).toBe(0);
    expect(split?.prompt_tokens).toBeGreaterThan(200);
  });

  it('that fail for another reason are failures of that kind', async () => {
    const { results, summary } = await analyze(['good', long], 'split', (text) =>
      text === 'good' ? 'positive' : 'maybe',
    );
    expect(results[1]).toMatchObject({ error_code: 'CHORALE_ANSWER_INVALID' });
    expect(summary.long_reviews.count).toBe(0);
    expect(summary.retries).toBe(1);
  });

  it('take no turn where no request is sent', async () => {
    const runtime = createManualClock();
    const sentAt: number[] = [];
    const model = createScriptedModel(
      ({ subject }) => {
        sentAt.push(runtime.now());
        return { text: 'positive', usage: { promptTokens: 10 + Math.ceil(subject.length / 4), completionTokens: 1 } };
      },
      { clock: runtime },
    );
    const agent = await createAgent({ model, prompt, runtime, pacing: { requestsPerSecond: 1 } });
    const texts = [...Array.from({ length: 12 }, (_, index) => 'word '.repeat(index + 1)), long.repeat(5), 'last'];
    const failures: unknown[] = [];
    const judgeAll = async () => {
      for (const [index, text] of texts.entries()) {
        await classifyReview({ index, id: `${index}`, text }, { agent, options: { runtime } }, signal).catch((error) =>
          failures.push(error),
        );
      }
    };
    const judged = judgeAll();
    await runtime.advanceToEnd();
    await judged;
    expect(failures).toMatchObject([{ code: 'CHORALE_PROMPT_TOO_LONG', attempts: 0 }]);
    expect(sentAt).toEqual(Array.from({ length: 13 }, (_, index) => index * 1_000));
  });
});
