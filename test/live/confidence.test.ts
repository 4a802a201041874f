import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { calibrateReviews } from '../../src/analysis/calibrate-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import type { Prompt } from '../../src/classify/prompt/prompt.js';
import { loadPrompt, parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { readRows } from '../../src/data/read-rows.js';
import type { Model } from '../../src/model/model.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { liveTest, missing } from './live-test.js';

const sentences = fileURLToPath(new URL('../../../shared/data/product-sentences-binary.csv', import.meta.url));

/** A model that is asked about each text once only. */
function askedOnce(model: Model): Model {
  const answers = new Map<string, ReturnType<Model['ask']>>();
  return {
    provider: model.provider,
    name: model.name,
    caveat: model.caveat,
    prepare: (sample, call) => model.prepare(sample, call),
    ask(request, call) {
      const known = answers.get(request.subject) ?? model.ask(request, call);
      answers.set(request.subject, known);
      return known;
    },
    close: () => model.close(),
  };
}

async function labelledSentences() {
  const rows = [];
  for await (const { index, cells } of readRows([{ path: sentences, format: 'csv' }])) {
    const [id, text, expected] = cells.map(String);
    rows.push({ index, id: id ?? '', text: text ?? '', expected });
  }
  return rows;
}

describe('the confidence of a real model', () => {
  liveTest(
    'tells right from wrong, and is calibrated on rows it was not fitted on',
    async ({ ollama: live, expect, skip }) => {
      if (!existsSync(sentences)) return missing('../shared/data/product-sentences-binary.csv is not there', skip);
      const model = askedOnce(ollama({ model: live.model, host: live.host }));
      const prompt = await loadPrompt('sentiment-completion');
      const agent = await createAgent({ model, prompt, labels: ['positive', 'negative'] });
      const rows = await labelledSentences();
      const { results, summary } = await analyzeReviews(rows, { agent });
      const { calibration } = await calibrateReviews(rows, { agent });
      const calibrated = await analyzeReviews(rows, { agent, calibration });
      await model.close();
      expect(rows).toHaveLength(400);
      expect(summary.confidence.count).toBeGreaterThanOrEqual(370);
      expect(summary.warnings).toEqual([]);
      expect(summary.confidence.accuracy_surest_80).toBeGreaterThanOrEqual(0.95);
      expect(calibration.held_out.rows + calibration.fitted_rows).toBe(summary.confidence.count);
      expect(calibration.held_out.expected_calibration_error.after).toBeLessThanOrEqual(0.05);
      expect(calibrated.summary.confidence.accuracy_surest_80).toBeGreaterThanOrEqual(0.95);
      expect(calibrated.results.map(({ sentiment }) => sentiment)).toEqual(results.map(({ sentiment }) => sentiment));
    },
  );

  const texts = ['I love it, the best lamp I ever had.', 'It broke on the first day. Junk.'];
  const fewShot = (labels: readonly [string, string]) => `---
labels: [${labels.map((label) => JSON.stringify(label)).join(', ')}]
mode: completion
config: { maxOutputTokens: 12, stopSequences: ["\\n"] }
examples:
  - { text: Could not be happier., label: ${JSON.stringify(labels[0])} }
  - { text: A waste of money., label: ${JSON.stringify(labels[1])} }
  - { text: It works every day and looks good., label: ${JSON.stringify(labels[0])} }
  - { text: It does not even start., label: ${JSON.stringify(labels[1])} }
---
{{#each examples}}
Review: {{text}}
Sentiment: {{label}}
{{/each}}
Review: {{review}}
Sentiment:`;

  const prompts = {
    'a JSON schema of the labels': () => loadPrompt('sentiment'),
    'a JSON object with a rationale': () => loadPrompt('sentiment-json'),
    'labels that begin alike': async () => parsePrompt('alike', fewShot(['very positive', 'very negative'])),
    'German labels': async () => parsePrompt('german', fewShot(['positiv', 'negativ'])),
    'Chinese labels, of pieces of characters': async () => parsePrompt('chinese', fewShot(['正面', '负面'])),
  };
  for (const [name, load] of Object.entries(prompts)) {
    liveTest(`is known or withheld for ${name}, and the labels have a mass`, async ({ ollama: live, expect }) => {
      const model = ollama({ model: live.model, host: live.host });
      const agent = await createAgent({ model, prompt: await load(), probabilities: true });
      const { results, summary } = await analyzeReviews(texts, { agent });
      await model.close();
      const answered = results.filter(({ status }) => status === 'ok');
      expect(answered.length).toBeGreaterThan(0);
      expect(summary.confidence.label_mass).toBeGreaterThan(0.001);
      for (const { confidence } of answered) {
        if (confidence === null) continue;
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
    });
  }
});

describe('a chat template', () => {
  const zeroShot = parsePrompt(
    'zero-shot',
    '---\nlabels: [positive, negative]\noutput: { format: enum }\nconfig: { maxOutputTokens: 12 }\n---\nReview: {{review}}\nSentiment:',
  );
  const judged = async (model: string, host: string, prompt: Prompt, probabilities?: boolean) => {
    const client = ollama({ model, host });
    const told: string[] = [];
    const agent = await createAgent({ model: client, prompt, probabilities });
    const texts = (await labelledSentences()).slice(0, 14).map(({ text }) => text);
    const analysis = await analyzeReviews(texts, { agent, onWarning: (warning) => told.push(warning) });
    await client.close();
    return { ...analysis, told };
  };

  for (const name of ['sentiment', 'sentiment-completion', 'sentiment-json']) {
    liveTest(`that is right is not suspected: ${name}`, async ({ ollama: live, expect, skip }) => {
      if (!existsSync(sentences)) return missing('../shared/data/product-sentences-binary.csv is not there', skip);
      const { summary, told } = await judged(live.model, live.host, await loadPrompt(name));
      expect({ warnings: summary.warnings, told }).toEqual({ warnings: [], told: [] });
    });
  }

  for (const [name, load] of [
    ['the default prompt', () => loadPrompt('sentiment')],
    ['a prompt without examples', async () => zeroShot],
  ] as const) {
    liveTest(
      `that does not fit is reported, and nothing is certain: ${name}`,
      async ({ ollama: live, expect, skip }) => {
        if (!existsSync(sentences)) return missing('../shared/data/product-sentences-binary.csv is not there', skip);
        const { results, summary, told } = await judged(live.broken, live.host, await load(), true);
        expect(told).toEqual([
          expect.stringMatching(/^the template of this model probably does not fit: the labels have/),
        ]);
        expect(summary.warnings).toEqual(told);
        expect(results.filter(({ confidence }) => confidence === 1)).toEqual([]);
      },
    );
  }
});
