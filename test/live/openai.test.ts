import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { describe } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import type { Model, ModelRequest } from '../../src/model/model.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { openaiCompatible } from '../../src/model/openai/openai-model.js';
import { type ModelSubject, modelContract } from '../../src/testing/index.js';
import { runCliProcess } from '../harness/cli-process.js';
import { liveTest, missing } from './live-test.js';
import { chat, completion, labels, options, unaborted, watchedFetch } from './questions.js';
import type { LiveOllama } from './server.js';

const sentences = fileURLToPath(new URL('../../../shared/data/product-sentences-binary.csv', import.meta.url));

/** Under `/v1` a model has the context length that it was made with. */
const contextTokens = 1_024;

/** Ollama puts the prompt of a completion under `/v1` into the chat template: this model's is the prompt itself. */
const test = liveTest.extend<{ plain: string }>({
  plain: async ({ ollama: { host, model } }, use) => {
    const plain = `${model}-plain`;
    const changes = { template: '{{ .Prompt }}', parameters: { num_ctx: contextTokens } };
    await send(`${host}/api/create`, 'POST', { model: plain, from: model, ...changes, stream: false });
    await use(plain);
    await send(`${host}/api/delete`, 'DELETE', { model: plain });
  },
});

async function send(url: string, method: string, body: object): Promise<void> {
  const response = await fetch(url, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
}

function subjectOn(
  { host }: LiveOllama,
  model: string,
  about: (subject: string) => ModelRequest,
  probabilities: ModelSubject['probabilities'],
): ModelSubject {
  const { fetch, count } = watchedFetch();
  const accepts = (text: string) => /positive|negative/.test(text);
  return {
    create: () => openaiCompatible({ model, host, fetch }),
    requests: [
      { request: about('A wonderful little lamp'), accepts },
      { request: about('It broke on the first day'), accepts },
    ],
    asked: count,
    createSilent() {
      const watched = watchedFetch();
      const endless = openaiCompatible({ model, host, fetch: watched.fetch });
      const ask: Model['ask'] = (request, call) => {
        const { schema: _, ...plain } = request;
        const longest = { ...options, maxOutputTokens: 1_500, stopSequences: [] };
        const input = { kind: 'completion', prompt: 'Once upon a time' } as const;
        return endless.ask({ ...plain, input, options: longest }, call);
      };
      const { provider, name, caveat } = endless;
      const prepare = endless.prepare.bind(endless);
      return { model: { provider, name, caveat, ask, prepare, close: () => endless.close() }, asked: watched.asked };
    },
    createFailing: () => openaiCompatible({ model: 'no-such-model', host }),
    usage: true,
    probabilities,
  };
}

describe('the contract of a model, asked through /v1/chat/completions with a schema', () => {
  for (const { name, skipReason, run } of modelContract) {
    liveTest(name, async ({ ollama: live, skip }) => {
      const subject = subjectOn(live, live.model, chat, true);
      const reason = skipReason(subject);
      if (reason !== undefined) skip(reason);
      await run(subject);
    });
  }
});

describe('the contract of a model, asked through /v1/completions', () => {
  for (const { name, skipReason, run } of modelContract) {
    test(name, async ({ ollama: live, plain, skip }) => {
      const none = { because: 'Ollama gives no probabilities of completions under /v1' };
      const subject = subjectOn(live, plain, completion, none);
      const reason = skipReason(subject);
      if (reason !== undefined) skip(reason);
      await run(subject);
    });
  }
});

describe('Ollama behind its own /v1', () => {
  liveTest('a model that is not there, and those that are', async ({ ollama: { host, model }, expect }) => {
    const client = openaiCompatible({ model: 'no-such-model', host });
    for (const asked of [client.prepare(chat(''), unaborted()), client.ask(chat(''), unaborted())]) {
      await expect(asked).rejects.toMatchObject({
        code: 'CHORALE_MODEL_MISSING',
        installed: expect.arrayContaining([model]),
        message: expect.stringMatching(/no model 'no-such-model'; installed: .*; choose another with model$/),
      });
    }
    await client.close();
  });

  liveTest('an answer that was cut says so', async ({ ollama: { host, model }, expect }) => {
    const client = openaiCompatible({ model, host });
    const { schema: _, ...request } = chat('Tell me a long story');
    const cut = { ...request, options: { ...options, maxOutputTokens: 2, stopSequences: [] } };
    expect(await client.ask(cut, unaborted())).toMatchObject({
      finishReason: 'length',
      usage: { completionTokens: 2 },
    });
    await client.close();
  });

  test('a prompt that the server cuts is a failure, and no answer', async ({ ollama: { host }, plain, expect }) => {
    const client = openaiCompatible({ model: plain, host });
    for (const request of [chat('word '.repeat(1_500)), completion('word '.repeat(1_500))]) {
      const long = { ...request, options: { ...request.options, contextTokens } };
      await expect(client.ask(long, unaborted())).rejects.toMatchObject({ code: 'CHORALE_PROMPT_TOO_LONG' });
    }
    await client.close();
  });
});

describe('20 real product sentences', () => {
  function rows(skip: (note: string) => never): { readonly text: string; readonly label: string }[] {
    if (!existsSync(sentences)) missing('../shared/data/product-sentences-binary.csv is not there', skip);
    return parse(readFileSync(sentences), { columns: true, to: 20 });
  }

  async function classify(model: Model, promptName: string, texts: readonly { readonly text: string }[]) {
    const agent = await createAgent({ model, prompt: await loadPrompt(promptName), labels });
    await agent.prepare(unaborted());
    const judged = [];
    for (const { text } of texts) judged.push(await agent.classify(text, unaborted()));
    await model.close();
    return judged;
  }

  liveTest(
    'a chat with a schema: every answer is a label, with a confidence where it is known',
    async ({ ollama: live, expect, skip }) => {
      const all = rows(skip);
      const model = openaiCompatible({ model: live.model, host: live.host });
      const judged = await classify(model, 'sentiment', all);
      for (const { label, confidence, usage } of judged) {
        expect(labels).toContain(label);
        expect(confidence ?? 1).toBeGreaterThan(0);
        expect(confidence ?? 1).toBeLessThanOrEqual(1);
        expect(usage.promptTokens).toBeGreaterThan(100);
      }
      expect(judged.filter(({ label }, index) => label === all[index]?.label).length).toBeGreaterThanOrEqual(13);
      expect(model.caveat).toMatch(/^this is an Ollama server/);
    },
  );

  test('completions: the answers are those of the native API', async ({ ollama: live, plain, expect, skip }) => {
    const all = rows(skip);
    const [native, compatible] = [
      await classify(ollama({ model: live.model, host: live.host }), 'sentiment-completion', all),
      await classify(openaiCompatible({ model: plain, host: `${live.host}/v1` }), 'sentiment-completion', all),
    ];
    expect(compatible.map(({ label }) => label)).toEqual(native.map(({ label }) => label));
    expect(compatible.filter(({ label }, index) => label === all[index]?.label).length).toBeGreaterThanOrEqual(17);
  });

  test('the command line', async ({ ollama: live, plain, expect, skip }) => {
    rows(skip);
    const task = ['--prompt', 'sentiment-completion', '--labels', 'positive,negative', '--label', 'label'];
    const server = ['--provider', 'openai', '--model', plain, '--host', live.host];
    const end = await runCliProcess(['analyze', sentences, '--limit', '20', ...server, ...task, '--json']);
    expect(end.code, end.stderr).toBe(0);
    const summary = JSON.parse(end.stdout);
    expect(summary).toMatchObject({ provider: 'openai', succeeded: 20, tokens: { completion: 20 }, queue_ms: null });
    expect(summary.accuracy).toBeGreaterThanOrEqual(0.85);
    expect(summary.warnings).toEqual([expect.stringContaining('this is an Ollama server')]);
  });
});
