import { describe } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import type { ModelRequest } from '../../src/model/model.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { type ModelSubject, modelContract } from '../../src/testing/index.js';
import { liveTest } from './live-test.js';
import { chat, completion, labels, options, unaborted, watchedFetch } from './questions.js';
import type { LiveOllama } from './server.js';

const forms = { 'a completion': completion, 'a chat with a schema': chat };

function subjectOn({ host, model }: LiveOllama, about: (subject: string) => ModelRequest): ModelSubject {
  const { fetch, count } = watchedFetch();
  const accepts = (text: string) => /positive|negative/.test(text);
  return {
    create: () => ollama({ model, host, fetch }),
    requests: [
      { request: about('A wonderful little lamp'), accepts },
      { request: about('It broke on the first day'), accepts },
    ],
    asked: count,
    createSilent() {
      const watched = watchedFetch();
      const endless = ollama({ model, host, fetch: watched.fetch });
      const ask: typeof endless.ask = (request, call) => {
        const input = { kind: 'completion', prompt: 'Once upon a time' } as const;
        const { schema: _, ...plain } = request;
        const longest = { ...options, maxOutputTokens: 1_500, stopSequences: [] };
        return endless.ask({ ...plain, input, options: longest }, call);
      };
      return {
        model: { ...endless, ask, prepare: endless.prepare.bind(endless), close: () => endless.close() },
        asked: watched.asked,
      };
    },
    createFailing: () => ollama({ model: 'no-such-model', host }),
    usage: true,
    probabilities: true,
  };
}

for (const [form, about] of Object.entries(forms)) {
  describe(`the contract of a model, asked with ${form}`, () => {
    for (const { name, skipReason, run } of modelContract) {
      liveTest(name, async ({ ollama: live, skip }) => {
        const subject = subjectOn(live, about);
        const reason = skipReason(subject);
        if (reason !== undefined) skip(reason);
        await run(subject);
      });
    }
  });
}

describe('Ollama', () => {
  liveTest('it tells version and loading time', async ({ ollama: { host, model }, expect }) => {
    const client = ollama({ model, host });
    const info = await client.prepare(completion(''), unaborted());
    expect(info).toEqual({
      serverVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      loadMs: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await client.close();
  });

  liveTest('a model that is not there, and those that are', async ({ ollama: { host, model }, expect }) => {
    const client = ollama({ model: 'no-such-model', host });
    await expect(client.prepare(completion(''), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      installed: expect.arrayContaining([model]),
      message: expect.stringMatching(
        /no model 'no-such-model'; installed: .*; get it with: chorale pull no-such-model host=/,
      ),
    });
    await client.close();
  });

  const contextTokens = 512;

  for (const [form, about] of Object.entries(forms)) {
    const long = (words: number) => {
      const request = about('word '.repeat(words));
      return { ...request, options: { ...request.options, contextTokens } };
    };

    liveTest(`${form} that does not fit is refused, not cut`, async ({ ollama: { host, model }, expect }) => {
      const client = ollama({ model, host });
      await expect(client.ask(long(600), unaborted())).rejects.toMatchObject({
        code: 'CHORALE_PROMPT_TOO_LONG',
        contextTokens,
      });
      await client.close();
    });

    liveTest(`${form} of more than half the context is answered`, async ({ ollama: { host, model }, expect }) => {
      const client = ollama({ model, host });
      const { usage } = await client.ask(long(300), unaborted());
      expect(usage.promptTokens).toBeGreaterThan(300);
      await client.close();
    });
  }

  liveTest('an answer that was cut says so', async ({ ollama: { host, model }, expect }) => {
    const client = ollama({ model, host });
    const request = completion('');
    const cut = { ...request, options: { ...options, maxOutputTokens: 2, stopSequences: [] } };
    const input = { kind: 'completion', prompt: 'Once upon a time there was' } as const;
    expect(await client.ask({ ...cut, input }, unaborted())).toMatchObject({
      finishReason: 'length',
      usage: { completionTokens: 2 },
    });
    await client.close();
  });
});

describe('an agent', () => {
  const texts = ['I love it, best lamp ever', 'Awful. It broke on the first day.', 'It is a lamp'];
  for (const name of ['sentiment-completion', 'sentiment']) {
    liveTest(
      `${name}: every judgement has a label mass, and a confidence where it is known`,
      async ({ ollama: { host, model }, expect }) => {
        const client = ollama({ model, host });
        const prompt = await loadPrompt(name);
        const agent = await createAgent({ model: client, prompt, labels, probabilities: true });
        for (const text of texts) {
          const { label, confidence, labelMass } = await agent.classify(text, unaborted());
          expect(labels).toContain(label);
          expect(labelMass).toBeGreaterThan(0.001);
          expect(confidence ?? 1).toBeGreaterThan(0);
          expect(confidence ?? 1).toBeLessThanOrEqual(1);
        }
        const without = await createAgent({ model: client, prompt, labels, probabilities: false });
        expect((await without.classify(texts[0] as string, unaborted())).confidence).toBeNull();
        await client.close();
      },
    );
  }
});
