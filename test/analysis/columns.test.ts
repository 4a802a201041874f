import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { analyzeReviews, type ReviewInput } from '../../src/analysis/analyze-reviews.js';
import { fingerprintOf, inputKey, textKey, textPartOf } from '../../src/analysis/fingerprint.js';
import type { Review } from '../../src/analysis/review.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { lexicon } from '../../src/model/lexicon/lexicon-model.js';
import type { Model, ModelRequest } from '../../src/model/model.js';
import { openRunStore } from '../../src/store/runs/open-run-store.js';
import { openRunArchive } from '../../src/store/runs/run-archive.js';
import { createScriptedModel } from '../../src/testing/index.js';

const thread = new URL('../../dist/store/runs/run-store-thread.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'chorale-columns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withTitle = '{{title}} ({{stars}}): {{review}}';
const promptOf = (template: string) =>
  parsePrompt('mine', `---\nlabels: [positive, negative]\nmode: completion\n---\n${template}`);
const agentOf = (model: Model, template = withTitle) => createAgent({ model, prompt: promptOf(template) });
const sent = ({ input }: ModelRequest) => (input.kind === 'completion' ? input.prompt : '');

/** A model that keeps what it is asked, and answers by the title. */
function listeningModel() {
  const asked: string[] = [];
  const model = createScriptedModel((request) => {
    asked.push(sent(request));
    return sent(request).startsWith('Great') ? 'positive' : 'negative';
  });
  return { model, asked };
}

describe('the key of a review', () => {
  it('of a prompt without further columns is that of its text', () => {
    fc.assert(fc.property(fc.string(), (text) => inputKey(text, []) === textKey(text)));
  });

  it('is another one for every other tuple of text and cells, and begins with that of the text', () => {
    expect(inputKey('t', ['a', 'b c'])).not.toBe(inputKey('t', ['a b', 'c']));
    const tuple = fc.tuple(
      fc.string({ maxLength: 3 }),
      fc.array(fc.constantFrom('', 'a', ',', '"', '","', '\\'), { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(tuple, tuple, ([text, cells], [otherText, otherCells]) => {
        const isSame = JSON.stringify([text, cells]) === JSON.stringify([otherText, otherCells]);
        expect(inputKey(text, cells) === inputKey(otherText, otherCells)).toBe(isSame);
        expect(textPartOf(inputKey(text, cells))).toBe(textKey(text));
      }),
    );
  });
});

describe('the fingerprint', () => {
  const fingerprint = async (template: string, model: Model = createScriptedModel([])) =>
    fingerprintOf(await agentOf(model, template), { serverVersion: null, loadMs: null, digest: 'a' });

  it('tells prompts with other columns apart, by the prompt as it is sent', async () => {
    const parts = await Promise.all(['{{title}} {{review}}', '{{stars}} {{review}}'].map((one) => fingerprint(one)));
    expect(parts[0]?.parts['prompt as sent']).not.toBe(parts[1]?.parts['prompt as sent']);
  });
});

describe('analyzeReviews', () => {
  it('shows the columns that the template names, and no other', async () => {
    const { model, asked } = listeningModel();
    const reviews: ReviewInput[] = [
      { text: 'It works.', columns: { Title: 'Great', stars: 5, secret: 'x' } },
      { text: 'It works.', columns: { title: null, STARS: 1 } },
    ];
    const { results } = await analyzeReviews(reviews, { agent: await agentOf(model), workers: 1 });
    expect(asked).toEqual(['Great (5): It works.', ' (1): It works.']);
    expect(results.map(({ sentiment }) => sentiment)).toEqual(['positive', 'negative']);
  });

  it('rejects a review without one of the columns before the first request, and names the nearest one', async () => {
    const { model, asked } = listeningModel();
    const agent = await agentOf(model);
    const reviews = [
      { text: 'Fine', columns: { title: '', stars: 1 } },
      { text: 'Fine', columns: { titel: 'x', stars: 2 } },
    ];
    await expect(analyzeReviews(reviews, { agent })).rejects.toMatchObject({
      code: 'CHORALE_COLUMN',
      message: expect.stringMatching(
        /^the prompt mine@\w+ shows the column 'title', which the review does not have, did you mean 'titel'\?; the columns are: titel, stars$/,
      ),
    });
    await expect(analyzeReviews(['Fine'], { agent })).rejects.toMatchObject({ code: 'CHORALE_COLUMN' });
    expect(asked).toEqual([]);
    // A review without text is not sent, so that it needs no columns.
    const { results } = await analyzeReviews([{ text: null }], { agent });
    expect(results[0]?.status).toBe('skipped');
  });

  it('with the lexicon, which reads no prompt, ignores other columns', async () => {
    const agent = await agentOf(lexicon());
    expect(agent.columns).toEqual([]);
    const { results } = await analyzeReviews(['I love it.'], { agent });
    expect(results[0]?.sentiment).toBe('positive');
    await agent.model.close();
  });
});

/** Runs reviews with a store, and gives what was asked. */
async function session(path: string, reviews: readonly Review[], template: string, workers = 4) {
  const { model, asked } = listeningModel();
  const agent = await agentOf(model, template);
  const store = await openRunStore({ path, thread });
  const digest = JSON.stringify(reviews);
  const begun = await store.begin({
    runId: randomUUID(),
    command: 'analyze',
    fingerprint: fingerprintOf(agent, await agent.prepare()),
    configuration: {},
    input: { names: ['/in.csv'], digest, scan: null, choice: template },
  });
  const results = [];
  for await (const { result } of streamReviews(reviews, { agent, workers, run: { store, begun } }).outcomes)
    results.push(result);
  await store.end('done', {});
  await store.close();
  return { asked, results, runId: begun.runId };
}

const review = (index: number, text: string, title: string, stars: unknown): Review => ({
  index,
  id: `r${index}`,
  text,
  columns: { title, stars, index },
});

describe('a run', () => {
  const rows = [
    review(0, 'Fine', 'Great', 5),
    review(1, 'Fine', 'Great', '5'),
    review(2, 'Fine', 'Bad', 5),
    review(3, 'Fine', 'Great', 4),
    review(4, 'Other', 'Great', 5),
    review(5, 'Fine', 'Great', 5),
  ];

  it('requests each tuple of the columns that the prompt uses once, in the order of the rows', async () => {
    const path = join(folder, 'once.db');
    const { asked, results } = await session(path, rows, withTitle);
    expect([...asked].sort()).toEqual(['Bad (5): Fine', 'Great (4): Fine', 'Great (5): Fine', 'Great (5): Other']);
    expect(results.map(({ sentiment }) => sentiment)).toEqual([
      'positive',
      'positive',
      'negative',
      'positive',
      'positive',
      'positive',
    ]);
    // The same rows in another order, with further ones: what is recorded is not requested again.
    const more = [
      review(0, 'Fine', 'New', 5),
      ...[...rows].reverse().map((row, index) => ({ ...row, index: index + 1 })),
    ];
    expect((await session(path, more, withTitle)).asked).toEqual(['New (5): Fine']);
  });

  it('is paired by text with a run whose prompt shows other columns', async () => {
    const path = join(folder, 'pairs.db');
    const a = await session(path, rows, '{{review}}');
    const b = await session(path, rows, withTitle);
    expect(a.asked).toHaveLength(2);
    const archive = openRunArchive(path);
    const pairs = [...archive.pairs(a.runId, b.runId)];
    expect(pairs.map(({ a: one, b: other }) => [one.id, other.id])).toEqual(rows.map(({ id }) => [id, id]));
    archive.close();
  });

  it('records a review that lacks a column as a failure', async () => {
    const lacking: Review = { index: 6, id: 'r6', text: 'Fine', columns: { title: 'x' } };
    const { results } = await session(join(folder, 'lacking.db'), [rows[0] as Review, lacking], withTitle);
    expect(results.map(({ error_code }) => error_code)).toEqual([null, 'CHORALE_COLUMN']);
  });
});
