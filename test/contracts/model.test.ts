import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { describe } from 'vitest';
import { ModelRejectedError } from '../../src/errors/index.js';
import { lexicon, type Model, ollama } from '../../src/model/index.js';
import { createPool } from '../../src/pool/index.js';
import {
  createManualClock,
  createScriptedModel,
  type ModelSubject,
  modelContract,
  type ScriptStep,
} from '../../src/testing/index.js';
import { end, host, lines, piece, question, startFake } from '../model/ollama/fake-ollama.js';
import * as openai from '../model/openai/fake-openai.js';
import { test } from '../model/quiet-test.js';

const texts = ['I love it', 'It is awful'];
const [positive, negative] = ['positive', 'negative'];
const questions: ModelSubject['questions'] = [
  { request: about('I love it'), accepts: (text) => text === positive },
  { request: about('It is awful'), accepts: (text) => text === negative },
];

function about(subject: string, more: Partial<ModelRequest> = {}) {
  return question({ subject, input: { kind: 'chat', messages: [{ role: 'user', content: subject }] }, ...more });
}

/** A promise, and what fulfils it. */
function arrival() {
  let arrive: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  return { asked, arrive: () => arrive() };
}

const subjects: Readonly<Record<string, () => { readonly subject: ModelSubject; close(): void }>> = {
  'the scripted model': scripted,
  'the lexicon': words,
  'Ollama, played by msw': mockedOllama,
  'a pool of one': () => pooled(1),
  'a pool of three': () => pooled(3),
};

for (const [name, open] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, skipReason, run } of modelContract) {
      test(rule, async ({ skip, onTestFinished }) => {
        const { subject, close } = open();
        onTestFinished(close);
        const reason = skipReason(subject);
        if (reason !== undefined) skip(reason);
        await run(subject);
      });
    }
  });
}

function scripted() {
  const models: { readonly requests: readonly unknown[] }[] = [];
  const step = (subject: string, wanted: number | undefined): ScriptStep => {
    const text = subject === texts[0] ? positive : negative;
    const token = { token: text ?? '', logprob: -0.1, alternatives: [] };
    return { text: text ?? '', usage: { promptTokens: 5, completionTokens: 1 }, logprobs: wanted ? [token] : null };
  };
  const subject: ModelSubject = {
    create() {
      const model = createScriptedModel(({ subject: text, topLogprobs }) => step(text, topLogprobs));
      models.push(model);
      return model;
    },
    questions,
    asked: () => models.reduce((sum, { requests }) => sum + requests.length, 0),
    createSilent: () => ({
      model: createScriptedModel([{ gate: new Promise(() => {}) }]),
      asked: Promise.resolve(),
    }),
    createFailing: () => createScriptedModel([new ModelRejectedError(400, 'no')]),
    usage: true,
    probabilities: true,
  };
  return { subject, close: () => {} };
}

function words() {
  const subject: ModelSubject = {
    create: () => lexicon(),
    questions,
    asked: { because: 'the lexicon asks nobody' },
    createSilent: () => ({
      model: lexicon({ simulatedLatencyMs: 1_000, clock: createManualClock() }),
      asked: Promise.resolve(),
    }),
    createFailing: { because: 'the lexicon fails on no question of its labels' },
    usage: { because: 'the lexicon counts no tokens' },
    probabilities: { because: 'the lexicon gives no probabilities' },
  };
  return { subject, close: () => {} };
}

function mockedOllama() {
  const server = startFake();
  server.on('chat', ({ body }) => {
    const [message] = body.messages as readonly { readonly content: string }[];
    const text = message?.content === texts[0] ? positive : negative;
    const logprobs = [{ token: text, logprob: -0.1, top_logprobs: [{ token: text, logprob: -0.1 }] }];
    return lines(piece(text ?? '', body.logprobs ? { logprobs } : {}), end());
  });
  const subject: ModelSubject = {
    create: () => server.model(),
    questions,
    asked: () => server.questions.length,
    createSilent() {
      const { asked, arrive } = arrival();
      server.on('chat', () => {
        arrive();
        return new Promise<Response>(() => {});
      });
      return { model: server.model(), asked };
    },
    createFailing() {
      server.on('chat', () => new Response('oops', { status: 500 }));
      return ollama({ model: 'small', host, fetch: globalThis.fetch });
    },
    usage: true,
    probabilities: true,
  };
  return { subject, close: server.close };
}

/** The scripted model, several times. */
function pooled(count: number) {
  const { subject: one, close } = scripted();
  const poolOf = async (create: () => Model | Promise<Model>) => {
    const models = await Promise.all(Array.from({ length: count }, create));
    return createPool({ members: models.map((model, index) => ({ server: `http://${index}`, model })) });
  };
  const subject: ModelSubject = {
    ...one,
    create: () => poolOf(one.create),
    async createSilent() {
      const model = await poolOf(() => createScriptedModel([{ gate: new Promise(() => {}) }]));
      return { model, asked: Promise.resolve() };
    },
    createFailing: () => poolOf(() => createScriptedModel([new ModelRejectedError(400, 'no')])),
  };
  return { subject, close };
}
