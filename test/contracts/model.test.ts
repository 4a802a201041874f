import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { describe } from 'vitest';
import { httpService } from '../../src/model/http-service.js';
import { lexicon } from '../../src/model/lexicon/lexicon-model.js';
import type { Model, ModelRequest } from '../../src/model/model.js';
import { ModelRejectedError } from '../../src/model/model-errors.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { createPool } from '../../src/model/pool/pool.js';
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
const requests: ModelSubject['requests'] = [
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
  'an OpenAI-compatible server, played by msw': mockedOpenAI,
  'one that takes schemas of objects only': strictOpenAI,
  'a service of one’s own, played by msw': mockedService,
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
    requests,
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
    requests,
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
    requests,
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

function mockedOpenAI() {
  return openaiSubject(requests, (text) => [text]);
}

/** The answer comes in an object, of which the contract sees nothing. */
function strictOpenAI() {
  const schema = { type: 'string', enum: [positive, negative] };
  const [first, second] = texts.map((text, index) => {
    const label = JSON.stringify(index === 0 ? positive : negative);
    return { request: about(text, { schema }), accepts: (answer: string) => answer === label };
  });
  if (!first || !second) throw new Error('there are two requests');
  return openaiSubject([first, second], (text) => ['{"', 'answer', '":"', text, '"}']);
}

function openaiSubject(asked: ModelSubject['requests'], spell: (text: string) => readonly string[]) {
  const server = openai.startFake();
  let answered = 0;
  server.on('chat/completions', ({ body }) => {
    const [message] = body.messages as readonly { readonly content: string }[];
    const format = JSON.stringify(body.response_format ?? {});
    if (format.includes('"type":"string"') && !format.includes('"answer":')) {
      return openai.refusal(400, 'schema must be an object', { param: 'response_format' });
    }
    answered += 1;
    const tokens = spell(message?.content === texts[0] ? 'positive' : 'negative');
    const pieces = tokens.map((token) => {
      const entry = { token, logprob: -0.1, bytes: null, top_logprobs: [{ token, logprob: -0.1 }] };
      return openai.piece(token, body.logprobs ? { logprobs: { content: [entry] } } : {});
    });
    return openai.events(...pieces, openai.finish(), openai.usage(5, tokens.length), openai.done);
  });
  const subject: ModelSubject = {
    create: () => server.model(),
    requests: asked,
    asked: () => answered,
    createSilent() {
      const { asked: onItsWay, arrive } = arrival();
      server.on('chat/completions', () => {
        arrive();
        return new Promise<Response>(() => {});
      });
      return { model: server.model(), asked: onItsWay };
    },
    createFailing() {
      server.on('chat/completions', () => openai.refusal(500, 'oops'));
      return server.model();
    },
    usage: true,
    probabilities: true,
  };
  return { subject, close: server.close };
}

function mockedService() {
  const url = 'http://service.test';
  let count = 0;
  let reply: (text: string) => Response | Promise<Response> = (text) => {
    const usage = { prompt_tokens: 5, completion_tokens: 1 };
    return HttpResponse.json({ label: text === texts[0] ? positive : negative, confidence: 0.9, usage });
  };
  const server = setupServer(
    http.get(`${url}/health`, () => HttpResponse.json({ version: '1.0.0' })),
    http.post(`${url}/api/process`, async ({ request }) => {
      count += 1;
      return reply(((await request.json()) as { readonly text: string }).text);
    }),
  );
  server.listen({ onUnhandledRequest: 'error' });
  // msw replaces the platform's fetch and does not see undici's.
  const create = () => httpService({ host: url, fetch: globalThis.fetch });
  const subject: ModelSubject = {
    create,
    requests,
    asked: () => count,
    createSilent() {
      const { asked, arrive } = arrival();
      reply = () => {
        arrive();
        return new Promise<Response>(() => {});
      };
      return { model: create(), asked };
    },
    createFailing() {
      reply = () => new HttpResponse('oops', { status: 500 });
      return create();
    },
    usage: true,
    probabilities: { because: 'a service gives a confidence, and no tokens' },
  };
  return { subject, close: () => server.close() };
}

/** The scripted model, several times. */
function pooled(count: number) {
  const { subject: one, close } = scripted();
  const poolOf = async (create: () => Model | Promise<Model>) => {
    const models = await Promise.all(Array.from({ length: count }, create));
    return createPool({ upstreams: models.map((model, index) => ({ server: `http://${index}`, model })) });
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
