import { inspect } from 'node:util';
import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { host, test } from './fake-openai.js';

const options = { maxOutputTokens: 3, contextTokens: 2_048, temperature: 0.5, seed: 7, stopSequences: ['\n'] };
const completion = { kind: 'completion', prompt: 'Good:' } as const;

describe('a question', () => {
  test('a chat is sent with everything set that changes the answer', async ({ server, expect }) => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Good?' },
    ] as const;
    await server.model().ask(question({ input: { kind: 'chat', messages }, options }), unaborted());
    expect(server.sent.map(({ path, body }) => ({ path, body }))).toEqual([
      {
        path: 'chat/completions',
        body: {
          model: 'small',
          messages,
          stream: true,
          stream_options: { include_usage: true },
          max_tokens: 3,
          temperature: 0.5,
          seed: 7,
          stop: ['\n'],
        },
      },
    ]);
  });

  test('a completion is sent as it stands', async ({ server, expect }) => {
    await server.model().ask(question({ input: completion, options }), unaborted());
    expect(server.sent.map(({ path, body }) => ({ path, body }))).toEqual([
      {
        path: 'completions',
        body: {
          model: 'small',
          prompt: 'Good:',
          stream: true,
          stream_options: { include_usage: true },
          max_tokens: 3,
          temperature: 0.5,
          seed: 7,
          stop: ['\n'],
        },
      },
    ]);
  });

  test('without stop sequences none are sent', async ({ server, expect }) => {
    await server.model().ask(question(), unaborted());
    expect(server.questions[0]?.body).not.toHaveProperty('stop');
  });

  test('a schema is sent as it is, strictly', async ({ server, expect }) => {
    const schema = { type: 'object', properties: { sentiment: { type: 'string' } }, required: ['sentiment'] };
    await server.model().ask(question({ schema }), unaborted());
    expect(server.questions[0]?.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema },
    });
    await server.model().ask(question({ input: completion, schema }), unaborted());
    expect(server.questions[1]?.body).toHaveProperty('response_format.json_schema.schema', schema);
  });

  test.for([
    [0, { logprobs: true, top_logprobs: 0 }, { logprobs: 0 }],
    [3, { logprobs: true, top_logprobs: 3 }, { logprobs: 3 }],
    [10, { logprobs: true, top_logprobs: 10 }, { logprobs: 5 }],
    [50, { logprobs: true, top_logprobs: 20 }, { logprobs: 5 }],
  ] as const)('%i alternatives are asked for as far as the API gives them', async (row, { server, expect }) => {
    const [topLogprobs, chat, text] = row;
    await server.model().ask(question({ topLogprobs }), unaborted());
    await server.model().ask(question({ topLogprobs, input: completion }), unaborted());
    expect(server.questions[0]?.body).toMatchObject(chat);
    expect(server.questions[1]?.body).toMatchObject(text);
    expect(server.questions[1]?.body).not.toHaveProperty('top_logprobs');
  });

  test('probabilities that nobody wants are not asked for', async ({ server, expect }) => {
    await server.model().ask(question(), unaborted());
    await server.model().ask(question({ input: completion }), unaborted());
    for (const { body } of server.questions) expect(body).not.toHaveProperty('logprobs');
  });

  test('whoever wants to know is told where it goes', async ({ server, expect }) => {
    const told: string[] = [];
    const model = server.model({ host: host.replace('//', '//ann:s3cret@') });
    await model.ask(question(), { ...unaborted(), onSend: async (to) => void told.push(to) });
    expect(told).toEqual([`${host}/v1`]);
  });
});

describe('the API key', () => {
  test('it is sent as a bearer token, with every request', async ({ server, expect }) => {
    const model = server.model({ apiKey: ' sk-s3cret-key\n' });
    await model.prepare(question(), unaborted());
    await model.ask(question(), unaborted());
    expect(server.sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer sk-s3cret-key',
      'Bearer sk-s3cret-key',
    ]);
  });

  test.for([undefined, '', ' \n'])('without one (%j) nothing is sent', async (apiKey, { server, expect }) => {
    await server.model({ apiKey }).ask(question(), unaborted());
    expect(server.sent[0]?.headers.has('authorization')).toBe(false);
  });

  test('credentials in the address are those of this server', async ({ server, expect }) => {
    const model = server.model({ host: host.replace('//', '//ann:s3cret@'), apiKey: 'sk-other' });
    await model.ask(question(), unaborted());
    expect(server.sent[0]?.headers.get('authorization')).toBe(`Basic ${btoa('ann:s3cret')}`);
  });

  test('one that cannot be sent is refused, and not shown', ({ expect }) => {
    for (const apiKey of ['sk-s3cret\nx', 'sk-s3cret key', 'sk-s3crét']) {
      const make = () => openaiCompatible({ model: 'small', apiKey });
      expect(make).toThrow('option apiKey must be of visible ASCII characters');
      expect(make).not.toThrow(/s3cr/);
    }
  });

  test('it is in no print of the model', ({ expect }) => {
    const model = openaiCompatible({ model: 'small', apiKey: 'sk-s3cret-key' });
    expect(inspect(model, { depth: 9, showHidden: true }) + JSON.stringify(model)).not.toContain('s3cret');
  });
});

describe('prepare', () => {
  test('a model that the server lists is there', async ({ server, expect }) => {
    expect(await server.model().prepare(question(), unaborted())).toEqual({ serverVersion: null, loadMs: null });
    expect(server.sent.map(({ path }) => path)).toEqual(['models']);
  });

  test.for(['small:latest', 'models/small'])('it may be listed as %s', async (id, { server, expect }) => {
    server.on('models', () => HttpResponse.json({ data: [{ id }] }));
    await expect(server.model().prepare(question(), unaborted())).resolves.toBeDefined();
  });

  test('one that is not listed is missing, and those that are listed are named', async ({ server, expect }) => {
    await expect(server.model({ model: 'other' }).prepare(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      installed: ['big', 'small'],
      message: `${host}/v1 has no model 'other'; installed: big, small; choose another with model`,
    });
  });

  test('of many models the first are named', async ({ server, expect }) => {
    const data = Array.from({ length: 90 }, (_, index) => ({ id: `m${index}` }));
    server.on('models', () => HttpResponse.json({ data }));
    await expect(server.model().prepare(question(), unaborted())).rejects.toThrow(
      /installed: m0, .*, m19 and 70 more; choose/,
    );
  });

  test('a bare list is a list', async ({ server, expect }) => {
    server.on('models', () => HttpResponse.json([{ id: 'big' }]));
    await expect(server.model().prepare(question(), unaborted())).rejects.toMatchObject({ installed: ['big'] });
  });

  test.for([
    [404, '404 page not found'],
    [405, ''],
    [501, '{"error":"not implemented"}'],
  ] as const)('a server without a list (%i) is taken as it is', async ([status, body], { server, expect }) => {
    server.on('models', () => new HttpResponse(body, { status }));
    await expect(server.model({ model: 'other' }).prepare(question(), unaborted())).resolves.toBeDefined();
  });

  test.for(['{"status":"ok"}', '{"data":[{"name":"a"}]}', '{"data":[{"id":"big"}],"has_more":true}', '{"da'])(
    'a list that cannot be understood (%s) proves nothing',
    async (body, { server, expect }) => {
      server.on('models', () => new HttpResponse(body, { headers: { 'content-type': 'application/json' } }));
      await expect(server.model({ model: 'other' }).prepare(question(), unaborted())).resolves.toBeDefined();
    },
  );

  test('a page instead of the list is no such server', async ({ server, expect }) => {
    server.on('models', () => HttpResponse.html('<html>Welcome</html>'));
    await expect(server.model().prepare(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_RESPONSE',
      message: expect.stringContaining("'text/html' instead of JSON; is this an OpenAI-compatible server"),
    });
  });
});

describe('options', () => {
  test.for([
    [{ model: ' ' }, 'model'],
    [{ host: 'a b' }, 'host'],
    [{ firstTokenTimeoutMs: 0 }, 'firstTokenTimeoutMs'],
    [{ totalTimeoutMs: Number.NaN }, 'totalTimeoutMs'],
  ] as const)('%j is refused', ([given, option], { expect }) => {
    const make = () => openaiCompatible({ model: 'small', ...given });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`option ${option} must be`);
  });
});
