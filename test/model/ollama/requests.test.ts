import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { createAbortController } from '../../../src/foundation/abort.js';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { asCompletion, end, host, lines, piece, question, test, unaborted } from './fake-ollama.js';

const options = { maxOutputTokens: 3, contextTokens: 2_048, temperature: 0.5, seed: 7, stopSequences: ['\n'] };

describe('a question', () => {
  test('a chat is sent with everything set that changes the answer', async ({ server, expect }) => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Good?' },
    ] as const;
    await server.model().ask(question({ input: { kind: 'chat', messages }, options }), unaborted());
    expect(server.questions.map(({ path, body }) => ({ path, body }))).toEqual([
      {
        path: 'chat',
        body: {
          model: 'small',
          messages,
          stream: true,
          truncate: false,
          shift: false,
          options: { num_predict: 3, num_ctx: 2_048, temperature: 0.5, seed: 7, repeat_penalty: 1, stop: ['\n'] },
        },
      },
    ]);
  });

  test('a completion is sent as it stands', async ({ server, expect }) => {
    await server.model().ask(question({ input: { kind: 'completion', prompt: 'Good:' }, options }), unaborted());
    expect(server.questions.map(({ path, body }) => ({ path, body }))).toEqual([
      {
        path: 'generate',
        body: {
          model: 'small',
          prompt: 'Good:',
          raw: true,
          stream: true,
          truncate: false,
          shift: false,
          options: { num_predict: 3, num_ctx: 2_048, temperature: 0.5, seed: 7, repeat_penalty: 1, stop: ['\n'] },
        },
      },
    ]);
  });

  test('without stop sequences the model keeps its own', async ({ server, expect }) => {
    await server.model().ask(question(), unaborted());
    expect(server.questions[0]?.body.options).toEqual({
      num_predict: 8,
      num_ctx: 4_096,
      temperature: 0,
      seed: 1,
      repeat_penalty: 1,
    });
  });

  test('the options that would load the model anew are the same in all requests of a run', async ({
    server,
    expect,
  }) => {
    const model = server.model();
    const completion = { kind: 'completion', prompt: 'Good:' } as const;
    await model.prepare(question({ options }), unaborted());
    await model.ask(question({ options }), unaborted());
    await model.ask(question({ options, input: completion, schema: { type: 'string' }, topLogprobs: 3 }), unaborted());
    const contexts = server.sent
      .filter(({ path }) => path === 'chat' || path === 'generate')
      .map(({ body }) => (body.options as { num_ctx: number }).num_ctx);
    expect(contexts).toEqual([2_048, 2_048, 2_048]);
  });

  test('schema and probabilities are sent where they are asked for', async ({ server, expect }) => {
    const schema = { type: 'string', enum: ['positive', 'negative'] };
    await server.model().ask(question({ schema, topLogprobs: 10 }), unaborted());
    await server.model().ask(question({ topLogprobs: 0 }), unaborted());
    expect(server.questions[0]?.body).toMatchObject({ format: schema, logprobs: true, top_logprobs: 10 });
    expect(server.questions[1]?.body).toMatchObject({ logprobs: true, top_logprobs: 0 });
    expect(server.questions[1]?.body).not.toHaveProperty('format');
  });
});

describe('thinking', () => {
  test.for([
    [['completion', 'thinking'], false],
    [['completion'], undefined],
    [[], undefined],
    [null, undefined],
    [undefined, undefined],
  ] as const)('with the capabilities %j, think is %j', async ([capabilities, think], { server, expect }) => {
    server.on('show', () => HttpResponse.json({ capabilities }));
    await server.model().ask(question(), unaborted());
    expect(server.questions[0]?.body.think).toBe(think);
  });

  test('capabilities are asked for once, by prepare or by the first question', async ({ server, expect }) => {
    const model = server.model();
    await model.prepare(question(), unaborted());
    await model.ask(question(), unaborted());
    await model.ask(question(), unaborted());
    expect(server.sent.map(({ path }) => path)).toEqual(['version', 'show', 'tags', 'generate', 'chat', 'chat']);
  });

  test('a look-up that failed is made again', async ({ server, expect }) => {
    const model = server.model();
    server.on('show', () => HttpResponse.json({ error: 'try again' }, { status: 500 }));
    await expect(model.ask(question(), unaborted())).rejects.toThrow('try again');
    server.on('show', () => HttpResponse.json({ capabilities: ['thinking'] }));
    await model.ask(question(), unaborted());
    expect(server.questions[0]?.body.think).toBe(false);
  });
});

describe('prepare', () => {
  test('it loads the model and tells version, time and the digest of its weights', async ({ server, expect }) => {
    server.on('tags', () => HttpResponse.json({ models: [{ name: 'small:latest', digest: 'sha256:abc' }] }));
    const info = await server.model().prepare(question(), unaborted());
    expect(info).toEqual({ serverVersion: '0.12.11', loadMs: expect.any(Number), digest: 'sha256:abc' });
    expect(server.sent.at(-1)).toMatchObject({
      path: 'generate',
      body: { model: 'small', prompt: '', stream: false, options: { num_ctx: 4_096 } },
    });
  });

  test.for([
    ['lists it without a digest', { models: [{ name: 'small:latest' }] }],
    ['does not list it', { models: [] }],
    ['lists nothing', { error: 'no lists here' }],
  ])('a server that %s leaves the digest unknown', async ([, tags], { server, expect }) => {
    server.on('tags', () => HttpResponse.json(tags));
    expect((await server.model().prepare(question(), unaborted())).digest).toBeNull();
  });

  test('another program that speaks JSON is no Ollama server', async ({ server, expect }) => {
    server.on('version', () => HttpResponse.json({ status: 'ok' }));
    await expect(server.model().prepare(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_RESPONSE',
      message: expect.stringContaining('is this an Ollama server?'),
    });
  });

  test.for(['{"version": "0.1', '["0.12.11"]', 'null', '', '<html>'])(
    '%j is no version',
    async (body, { server, expect }) => {
      server.on('version', () => new HttpResponse(body, { headers: { 'content-type': 'application/json' } }));
      await expect(server.model().prepare(question(), unaborted())).rejects.toMatchObject({
        code: 'CHORALE_MODEL_RESPONSE',
      });
    },
  );
});

describe('credentials in the address', () => {
  test('they are sent as a header, and are in no message', async ({ server, expect }) => {
    const model = server.model({ host: host.replace('//', '//ann:s3cret@') });
    await model.ask(question(), unaborted());
    for (const { headers } of server.sent) expect(headers.get('authorization')).toBe(`Basic ${btoa('ann:s3cret')}`);
    server.on('chat', () => HttpResponse.json({ error: 'unauthorized' }, { status: 401 }));
    await expect(model.ask(question(), unaborted())).rejects.toThrow(/^(?!.*s3cret).*HTTP 401: unauthorized/);
    server.on('chat', () => HttpResponse.json({ error: "model 'small' not found" }, { status: 404 }));
    await expect(model.ask(question(), unaborted())).rejects.toThrow(/^(?!.*s3cret)http:\/\/ollama.test:11434 has no/);
    server.on('chat', () => HttpResponse.error());
    await expect(model.ask(question(), unaborted())).rejects.toThrow(/^(?!.*s3cret)no model server answers at http:/);
  });
});

describe('options', () => {
  test.for([
    [{ model: ' ' }, 'model'],
    [{ host: 'a b' }, 'host'],
    [{ firstTokenTimeoutMs: 0 }, 'firstTokenTimeoutMs'],
    [{ firstTokenTimeoutMs: Number.NaN }, 'firstTokenTimeoutMs'],
    [{ totalTimeoutMs: -1 }, 'totalTimeoutMs'],
  ] as const)('%j is refused', ([given, option], { expect }) => {
    const make = () => ollama({ model: 'small', ...given });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`option ${option} must be`);
  });

  test('there may be no limit', async ({ server, expect }) => {
    const endless = { firstTokenTimeoutMs: Number.POSITIVE_INFINITY, totalTimeoutMs: Number.POSITIVE_INFINITY };
    const answer = await server.model(endless).ask(question(), unaborted());
    expect(answer.text).toBe('positive');
  });

  test('many questions at once add no warning of Node', async ({ server, expect }) => {
    const model = server.model();
    const { signal } = createAbortController();
    const answers = await Promise.all(Array.from({ length: 40 }, () => model.ask(question(), { signal })));
    expect(answers.map(({ text }) => text)).toEqual(Array(40).fill('positive'));
  });
});

test('a completion may be answered in pieces too', async ({ server, expect }) => {
  server.on('generate', () => lines(...[piece('pos'), piece('itive'), end()].map(asCompletion)));
  const answer = await server.model().ask(question({ input: { kind: 'completion', prompt: 'Good:' } }), unaborted());
  expect(answer.text).toBe('positive');
});
