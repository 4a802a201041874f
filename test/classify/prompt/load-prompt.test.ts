import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe } from 'vitest';
import { loadPrompt, promptNames } from '../../../src/classify/prompt/load-prompt.js';
import { createPromptRenderer } from '../../../src/classify/prompt/render-prompt.js';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-prompt-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

const source = '---\nlabels: [good, bad]\n---\n{{review}}';

describe('loadPrompt', () => {
  test('by name: one that comes with chorale', async ({ expect }) => {
    expect(await loadPrompt('sentiment')).toMatchObject({
      name: 'sentiment',
      labels: ['positive', 'neutral', 'negative'],
      output: { format: 'enum' },
    });
  });

  test('by path: a file of the user, with the same hash wherever it lies', async ({ folder, expect }) => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'stars.prompt'), source);
    await writeFile(join(folder, 'mine', 'stars.txt'), `\uFEFF${source}`);
    const prompt = await loadPrompt(join(folder, 'stars.prompt'));
    expect(prompt).toMatchObject({ name: 'stars', labels: ['good', 'bad'], template: '{{review}}' });
    expect((await loadPrompt(join(folder, 'mine', 'stars.txt'))).hash).toBe(prompt.hash);
  });

  test('an unknown name lists the known ones', async ({ expect }) => {
    const names = await promptNames();
    expect(names).toEqual(['sentiment', 'sentiment-completion', 'sentiment-free', 'sentiment-json']);
    for (const name of ['sentimental', '', 'constructor']) {
      await expect(loadPrompt(name)).rejects.toMatchObject({
        code: 'CHORALE_PROMPT',
        message: `prompt ${name}: there is none of this name; known: ${names.join(', ')}; a file needs its path`,
      });
    }
  });

  test('a file that is not there, and a folder', async ({ folder, expect }) => {
    const missing = join(folder, 'none.prompt');
    await expect(loadPrompt(missing)).rejects.toMatchObject({
      code: 'CHORALE_PROMPT',
      message: `prompt ${missing}: cannot be read (no such file)`,
    });
    await expect(loadPrompt('none.prompt')).rejects.toThrow('prompt none.prompt: cannot be read (no such file)');
    await expect(loadPrompt(`${folder}/`)).rejects.toThrow('cannot be read (it is a directory)');
  });

  test('what is wrong in a file is told with its path', async ({ folder, expect }) => {
    const path = join(folder, 'wrong.prompt');
    await writeFile(path, source.replace('review', 'reveiw'));
    await expect(loadPrompt(path)).rejects.toThrow(`prompt ${path}: the template uses the unknown name 'reveiw'`);
  });
});

describe('the prompts that come with chorale', async () => {
  for (const name of await promptNames()) {
    for (const labels of [
      ['positive', 'neutral', 'negative'],
      ['positive', 'negative'],
      ['angry', 'content'],
    ]) {
      test(`${name} renders with ${labels}`, async ({ expect }) => {
        const prompt = await loadPrompt(name);
        const rendered = (await createPromptRenderer(prompt, labels))('The hinge squeaks.');
        const text = JSON.stringify(rendered);
        expect(rendered.kind).toBe(prompt.mode);
        expect(text.match(/The hinge squeaks\./g)).toHaveLength(1);
        for (const label of labels) expect(text).toContain(label);
        for (const label of prompt.labels.filter((own) => !labels.includes(own))) expect(text).not.toContain(label);
        expect(text).not.toMatch(/\{\{|dotprompt|undefined|\[object|\uE000/);
        expect(prompt.description).toMatch(/\.$/);
      });
    }
  }

  test('few-shot prompts put the review last, so that the server need not read the rest again', async ({ expect }) => {
    const prompt = await loadPrompt('sentiment-completion');
    const rendered = (await createPromptRenderer(prompt, ['positive', 'negative']))('The hinge squeaks.');
    expect(rendered).toEqual({
      kind: 'completion',
      prompt: `Product reviews and their sentiment (positive or negative).

Review: The kettle boils in two minutes and the handle stays cool. Could not be happier.
Sentiment: positive

Review: Broke on the second day, and nobody answers my mails.
Sentiment: negative

Review: Arrived early, fits perfectly, and my daughter loves it.
Sentiment: positive

Review: A waste of money. The sound is awful.
Sentiment: negative

Review: I would buy this mixer again at once.
Sentiment: positive

Review: It does not work with my phone, although the seller promised it.
Sentiment: negative

Review: The hinge squeaks.
Sentiment:`,
    });
  });
});
