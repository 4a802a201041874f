import { describe } from 'vitest';
import type { ModelRequest } from '../../../src/model/model.js';
import type { Sent } from '../msw-server.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { answer, events, finish, piece, refusal, test } from './fake-openai.js';

const labels = { type: 'string', enum: ['positive', 'negative'] };

/** Refuses what the check finds, and answers everything else. */
function refusing(check: (body: Sent['body']) => boolean, reply: () => Response) {
  return ({ body }: Sent) => (check(body) ? reply() : answer('positive'));
}

const maxTokens =
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";

describe('what a server does not take is sent otherwise', () => {
  test.for<[string, (body: Sent['body']) => boolean, () => Response, Partial<ModelRequest>, object, string[]]>([
    [
      'max_tokens, of OpenAI’s reasoning models',
      (body) => 'max_tokens' in body,
      () => refusal(400, maxTokens, { param: 'max_tokens', code: 'unsupported_parameter' }),
      {},
      { max_completion_tokens: 8 },
      ['max_tokens'],
    ],
    [
      'max_tokens, where the server does not name the parameter',
      (body) => 'max_tokens' in body,
      () => refusal(400, maxTokens),
      {},
      { max_completion_tokens: 8 },
      ['max_tokens'],
    ],
    [
      'stream_options',
      (body) => 'stream_options' in body,
      () => refusal(422, 'body.stream_options: Extra inputs are not permitted'),
      {},
      { stream: true },
      ['stream_options'],
    ],
    [
      'a seed',
      (body) => 'seed' in body,
      () => refusal(400, 'Unrecognized request argument supplied: seed'),
      {},
      { temperature: 0 },
      ['seed'],
    ],
    [
      'probabilities, which reasoning models refuse with 403',
      (body) => 'logprobs' in body,
      () => refusal(403, 'You are not allowed to request logprobs from this model'),
      { topLogprobs: 5 },
      {},
      ['logprobs', 'top_logprobs'],
    ],
    [
      'so many probabilities',
      (body) => Number(body.top_logprobs) > 5,
      () => refusal(400, 'Requested sample logprobs of 20, which is greater than max allowed: 5'),
      { topLogprobs: 20 },
      { logprobs: true, top_logprobs: 5 },
      [],
    ],
  ])('%s', async ([, check, reply, more, expected, gone], { server, expect }) => {
    server.on('chat/completions', refusing(check, reply));
    const model = server.model();
    for (let round = 0; round < 2; round += 1) {
      expect(await model.ask(question(more), unaborted())).toMatchObject({ text: 'positive', logprobs: null });
    }
    // It is found out once.
    expect(server.questions).toHaveLength(3);
    for (const { body } of server.questions.slice(1)) {
      expect(body).toMatchObject(expected);
      for (const name of gone) expect(body).not.toHaveProperty(name);
    }
  });

  test('fewer probabilities, and none where that does not help', async ({ server, expect }) => {
    const reply = () => refusal(400, 'logprobs: at most 0');
    server.on(
      'chat/completions',
      refusing((body) => 'logprobs' in body, reply),
    );
    await server.model().ask(question({ topLogprobs: 20 }), unaborted());
    expect(server.questions.map(({ body }) => body.top_logprobs)).toEqual([20, 5, undefined]);
  });

  test('several things, one after the other or at once', async ({ server, expect }) => {
    const forbidden = ['seed', 'stream_options', 'logprobs'];
    server.on('chat/completions', ({ body }) => {
      const found = forbidden.filter((name) => name in body);
      return found.length === 0 ? answer('positive') : refusal(422, `not permitted: ${found.join(', ')}`);
    });
    await server.model().ask(question({ topLogprobs: 5 }), unaborted());
    expect(server.questions).toHaveLength(2);
  });

  test('questions side by side find it out together', async ({ server, expect }) => {
    server.on(
      'chat/completions',
      refusing(
        (body) => 'seed' in body,
        () => refusal(400, 'no seed'),
      ),
    );
    const model = server.model();
    const answers = await Promise.all([1, 2, 3].map(() => model.ask(question(), unaborted())));
    expect(answers.map(({ text }) => text)).toEqual(['positive', 'positive', 'positive']);
    expect(server.questions).toHaveLength(6);
  });

  test('a refusal that stays is reported, and does not go round and round', async ({ server, expect }) => {
    server.on('chat/completions', () => refusal(400, 'no seed, no stream_options'));
    await expect(server.model().ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_REJECTED',
      problem: 'no seed, no stream_options',
    });
    expect(server.questions).toHaveLength(2);
  });

  test.for([401, 404, 429, 500])('%i is no such refusal', async (status, { server, expect }) => {
    server.on('chat/completions', () => refusal(status, 'no seed'));
    await expect(server.model().ask(question(), unaborted())).rejects.toThrow('no seed');
    expect(server.questions).toHaveLength(1);
  });

  test('a parameter that the server names counts more than its words', async ({ server, expect }) => {
    server.on('chat/completions', () => refusal(400, 'bad messages (seed 1)', { param: 'messages' }));
    await expect(server.model().ask(question(), unaborted())).rejects.toThrow('bad messages');
    expect(server.questions).toHaveLength(1);
  });

  test('whoever counts is told of every sending', async ({ server, expect }) => {
    server.on(
      'chat/completions',
      refusing(
        (body) => 'seed' in body,
        () => refusal(400, 'no seed'),
      ),
    );
    let count = 0;
    const onSend = async () => {
      count += 1;
    };
    await server.model().ask(question(), { ...unaborted(), onSend });
    expect(count).toBe(2);
  });
});

describe('people are told what is missing', () => {
  test('nothing is', async ({ server, expect }) => {
    const model = server.model();
    server.on(
      'chat/completions',
      refusing(
        (body) => 'max_tokens' in body,
        () => refusal(400, maxTokens),
      ),
    );
    await model.ask(question(), unaborted());
    expect(model.caveat).toBeNull();
  });

  test('probabilities and seed are', async ({ server, expect }) => {
    const model = server.model();
    server.on(
      'chat/completions',
      refusing(
        (body) => 'seed' in body,
        () => refusal(400, 'no seed, no logprobs'),
      ),
    );
    await model.ask(question({ topLogprobs: 5 }), unaborted());
    expect(model.caveat).toBe(
      'the server gives no token probabilities for this model: there is no confidence; ' +
        'the server takes no seed: answers may differ from run to run',
    );
  });
});

describe('a schema that is no object, where the server takes objects only', () => {
  const strict =
    "Invalid schema for response_format 'answer': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.";
  const isBare = (body: Sent['body']) =>
    (body.response_format as { json_schema: { schema: { type: string } } }).json_schema.schema.type !== 'object';
  const token = (text: string, logprob: number) => ({ token: text, logprob, bytes: [...Buffer.from(text)] });

  function wrapping(...tokens: readonly string[]) {
    return ({ body }: Sent) => {
      if (isBare(body)) return refusal(400, strict, { param: 'response_format' });
      const pieces = tokens.map((text) => {
        const chosen = { ...token(text, -0.1), top_logprobs: [token(text, -0.1), token('neg', -2.5)] };
        return piece(text, { logprobs: { content: [chosen] } });
      });
      return events(...pieces, finish());
    };
  }

  test('it is put into one, with room for it', async ({ server, expect }) => {
    server.on('chat/completions', wrapping('{"answer":"positive"}'));
    await server.model().ask(question({ schema: labels }), unaborted());
    expect(server.questions.at(-1)?.body).toMatchObject({
      max_tokens: 40,
      response_format: {
        json_schema: {
          strict: true,
          schema: { type: 'object', properties: { answer: labels }, required: ['answer'], additionalProperties: false },
        },
      },
    });
  });

  test.for([
    [['{"', 'answer', '":"', 'positive', '"}'], ['positive']],
    [
      ['{', '\n ', ' "', 'ans', 'wer', '"', '\n', ' :', ' "', 'posi', 'tive', '"', '\n', '}'],
      ['posi', 'tive'],
    ],
    [['{"answer":', ' "positive', '"}', '\n'], [' "positive']],
    [['{"answer":"positive"}'], ['{"answer":"positive"}']],
  ] as const)('the answer is taken out of it: %j', async ([tokens, spelling], { server, expect }) => {
    server.on('chat/completions', wrapping(...tokens));
    const { text, logprobs } = await server.model().ask(question({ schema: labels, topLogprobs: 5 }), unaborted());
    expect(text).toBe('"positive"');
    expect(logprobs?.map((entry) => entry.token)).toEqual(spelling);
    expect(logprobs?.[0]?.alternatives).toContainEqual({ token: 'neg', logprob: -2.5 });
  });

  test('an object with bounds that the server does not take strictly is sent loosely', async ({ server, expect }) => {
    const isStrict = ({ response_format: format }: Sent['body']) =>
      (format as { json_schema: { strict: boolean } }).json_schema.strict;
    server.on('chat/completions', ({ body }) =>
      isStrict(body)
        ? refusal(400, "Invalid schema for response_format 'answer': 'maxLength' is not permitted.", {
            param: 'response_format',
          })
        : events(piece('{}'), finish()),
    );
    const schema = {
      type: 'object',
      properties: { summary: { type: 'string', maxLength: 80 } },
      required: ['summary'],
    };
    const model = server.model();
    expect((await model.ask(question({ schema }), unaborted())).text).toBe('{}');
    await model.ask(question({ schema }), unaborted());
    expect(server.questions.map(({ body }) => isStrict(body))).toEqual([true, false, false]);
    expect(server.questions.at(-1)?.body).toHaveProperty('response_format.json_schema.schema', schema);
  });

  test('an object is not put into another', async ({ server, expect }) => {
    server.on('chat/completions', () => refusal(400, strict, { param: 'response_format' }));
    const schema = { type: 'object', properties: {} };
    await expect(server.model().ask(question({ schema }), unaborted())).rejects.toThrow('JSON schema: take a prompt');
    expect(server.questions).toHaveLength(1);
  });

  test('where the server takes no schema at all, it is said once and for all', async ({ server, expect }) => {
    server.on('chat/completions', () => refusal(400, 'response_format is not supported'));
    const model = server.model();
    for (const count of [2, 3]) {
      await expect(model.ask(question({ schema: labels }), unaborted())).rejects.toThrow('JSON schema: take a prompt');
      expect(server.questions).toHaveLength(count);
    }
  });
});
