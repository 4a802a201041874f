import { describe } from 'vitest';
import { type AgentOptions, createAgent } from '../../src/classify/agent.js';
import type { Prompt } from '../../src/classify/prompt/prompt.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import type { Model, ModelRequest } from '../../src/model/model.js';
import type { PromptTooLongError } from '../../src/model/model-errors.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { liveTest } from './live-test.js';
import type { LiveOllama } from './server.js';

const contextTokens = 512;
const labels = ['positive', 'negative'];

const sentences = [
  'I bought this lamp for my desk, and at first I was happy with it.',
  'The light is warm (2,700 K) and the arm moves easily! 💡',
  'Leider ging der Schalter nach zwei Wochen kaputt, und niemand antwortet auf meine E-Mails.',
  'Awful. I want my 49.90 back…',
  'Цвет красивый, но качество очень плохое.',
  '台灯很好看，但是开关坏了。',
];
const long = Array.from({ length: 60 }, (_, index) => `${index + 1}. ${sentences[index % sentences.length]}`).join(' ');
const short = sentences.map((_, index) => sentences.slice(0, index + 1).join(' '));

function unaborted() {
  return { signal: new AbortController().signal };
}

async function smallPrompt(name: string): Promise<Prompt> {
  const prompt = await loadPrompt(name);
  return { ...prompt, config: { ...prompt.config, contextTokens } };
}

/** An agent on the real server, and the questions that were answered, with what the server counted. */
async function watchedAgent({ host, model: name }: LiveOllama, prompt: Prompt, options: Partial<AgentOptions> = {}) {
  const answered: { readonly request: ModelRequest; readonly promptTokens: number | null }[] = [];
  const real = ollama({ model: name, host });
  const model: Model = {
    provider: real.provider,
    name: real.name,
    caveat: real.caveat,
    prepare: (sample, call) => real.prepare(sample, call),
    ask: async (request, call) => {
      const answer = await real.ask(request, call);
      answered.push({ request, promptTokens: answer.usage.promptTokens });
      return answer;
    },
    close: () => real.close(),
  };
  const agent = await createAgent({ model, prompt, labels, ...options });
  for (const text of short) await agent.classify(text, unaborted());
  return { agent, model, answered };
}

for (const name of ['sentiment-completion', 'sentiment']) {
  describe(`a review that is too long, asked about with ${name}`, () => {
    liveTest('fails, with about the size that the server would count', async ({ ollama: live, expect }) => {
      const { agent, model, answered } = await watchedAgent(live, await smallPrompt(name));
      const before = answered.length;
      const error = await agent.classify(long, unaborted()).catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        code: 'CHORALE_PROMPT_TOO_LONG',
        contextTokens,
        message: expect.stringMatching(/the prompt of about \d+ tokens does not fit into the context of 512 tokens/),
      });
      expect(answered.length).toBe(before);
      const roomy = agent.requestFor(long);
      const { usage } = await model.ask({ ...roomy, options: { ...roomy.options, contextTokens: 8_192 } }, unaborted());
      const { estimated } = (error as PromptTooLongError).length;
      expect(Math.abs((estimated ?? 0) / (usage.promptTokens ?? 1) - 1)).toBeLessThan(0.25);
      await model.close();
    });

    for (const strategy of ['head', 'tail', 'head-tail', 'split'] as const) {
      liveTest(
        `is judged by what fits with ${strategy}, and nothing is cut silently`,
        async ({ ollama: live, expect }) => {
          const prompt = await smallPrompt(name);
          const { agent, model, answered } = await watchedAgent(live, prompt, { long: strategy });
          const before = answered.length;
          const judgement = await agent.classify(long, unaborted());
          expect(labels).toContain(judgement.label);
          expect(judgement.confidence ?? 1).toBeGreaterThan(0);
          const asked = answered.slice(before);
          expect(judgement.long).toMatchObject({ strategy, parts: asked.length });
          for (const { promptTokens } of asked) {
            expect(promptTokens).toBeLessThan(contextTokens);
          }
          const fullest = Math.max(...asked.map(({ promptTokens }) => promptTokens ?? 0));
          expect(fullest, 'much of the room is used').toBeGreaterThan(0.7 * contextTokens);
          const subjects = asked.map(({ request }) => request.subject);
          if (strategy === 'split') expect(subjects.join('')).toBe(long);
          if (strategy === 'head') expect(long.startsWith(subjects[0] ?? '?')).toBe(true);
          if (strategy === 'tail') expect(long.endsWith(subjects[0] ?? '?')).toBe(true);
          await model.close();
        },
      );
    }
  });
}
