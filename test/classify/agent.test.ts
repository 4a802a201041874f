import { describe, expect, test, vi } from 'vitest';
import { type AgentOptions, createAgent } from '../../src/classify/agent.js';
import { loadPrompt, parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { lexicon } from '../../src/model/lexicon/lexicon-model.js';
import type { ModelRequest } from '../../src/model/model.js';
import {
  AnswerRefusedError,
  ModelBusyError,
  ModelRejectedError,
  ModelUnavailableError,
} from '../../src/model/model-errors.js';
import {
  createManualClock,
  createRecordingObserver,
  createScriptedModel,
  type Script,
} from '../../src/testing/index.js';

const signal = new AbortController().signal;
const review = 'The hinge squeaks, s3cret';
const busy = new ModelBusyError(503, 'server busy', null);

const prompt = parsePrompt('mine', '---\nlabels: [positive, neutral, negative]\n---\nJudge: {{review}}');

function promptWith(yaml: string) {
  return parsePrompt('mine', `---\nlabels: [positive, neutral, negative]\n${yaml}\n---\nJudge: {{review}}`);
}

/** An agent over a script, on a clock that stands still. */
async function agentOver(script: Script, options: Partial<AgentOptions> = {}) {
  const runtime = createManualClock({ epochMs: 5, random: () => 0.5 });
  const observer = createRecordingObserver();
  const model = createScriptedModel(script, { clock: runtime });
  const agent = await createAgent({ model, prompt, runtime, observer, ...options });
  return { agent, model, runtime, observer };
}

describe('createAgent', () => {
  test('it is known by the name and hash of its prompt', async () => {
    const { agent, model } = await agentOver([]);
    expect(agent.promptId).toBe(`mine@${prompt.hash}`);
    expect(agent.labels).toEqual(['positive', 'neutral', 'negative']);
    expect(agent.model).toBe(model);
  });

  test.each([
    { labels: [] },
    { labels: ['positive'] },
    { labels: ['positive', 'Positive'] },
    { labels: ['positive', ' positive'] },
    { labels: ['positive', ' '] },
    { labels: ['positive', '<|im_end|>'] },
    { labels: ['positive', 'two\nlines'] },
  ])('$labels are no labels', async ({ labels }) => {
    await expect(agentOver([], { labels })).rejects.toMatchObject({
      code: 'CHORALE_INVALID_OPTION',
      option: 'labels',
      message: expect.stringContaining('option labels must be two or more different labels'),
    });
  });

  test.each([
    [{ itemTimeoutMs: 0 }, 'itemTimeoutMs'],
    [{ itemTimeoutMs: Number.NaN }, 'itemTimeoutMs'],
    [{ retry: { maxRetries: -1 } }, 'retry.maxRetries'],
    [{ retry: { maxRetries: 1.5 } }, 'retry.maxRetries'],
    [{ retry: { initialBackoffMs: -1 } }, 'retry.initialBackoffMs'],
    [{ retry: { maxBackoffMs: Number.NaN } }, 'retry.maxBackoffMs'],
  ])('%j is refused', async (options, option) => {
    await expect(agentOver([], options)).rejects.toMatchObject({ code: 'CHORALE_INVALID_OPTION', option });
  });

  test.each([
    ['model', { model: undefined, prompt }, 'option model must be a model, as ollama() gives it, but is undefined'],
    [
      'prompt',
      { model: lexicon() },
      'option prompt must be a prompt, as await loadPrompt() gives it, but is undefined',
    ],
    ['prompt', { model: lexicon(), prompt: 'sentiment' }, expect.stringMatching(/but is 'sentiment' \(string\)$/)],
    ['prompt', { model: lexicon(), prompt: loadPrompt('sentiment') }, expect.stringMatching(/but is an object$/)],
  ])('what is no %s is refused', async (option, options, message) => {
    await expect(createAgent(options as never)).rejects.toMatchObject({
      code: 'CHORALE_INVALID_OPTION',
      option,
      message,
    });
  });

  test('an unknown observer and a prompt that cannot be rendered are refused', async () => {
    await expect(agentOver([], { observer: 'syslog' })).rejects.toMatchObject({ code: 'CHORALE_UNKNOWN_OBSERVER' });
    const wrong = { ...prompt, template: '{{#unless labels}}{{review}}{{/unless}}' };
    await expect(agentOver([], { prompt: wrong })).rejects.toMatchObject({ code: 'CHORALE_PROMPT' });
  });
});

test('a text is judged without a signal, too', async () => {
  const { agent } = await agentOver(['positive']);
  await agent.prepare();
  expect(await agent.classify('I love it.')).toMatchObject({ label: 'positive' });
});

describe('the question', () => {
  test('it has all that a model needs', async () => {
    const { agent } = await agentOver([], { prompt: promptWith('config: { seed: 7, stopSequences: ["."] }') });
    expect(agent.requestFor(review)).toEqual({
      input: { kind: 'chat', messages: [{ role: 'user', content: `Judge: ${review}` }] },
      subject: review,
      labels: ['positive', 'neutral', 'negative'],
      options: { maxOutputTokens: 8, contextTokens: 4_096, temperature: 0, seed: 7, stopSequences: ['.'] },
      schema: undefined,
      topLogprobs: 20,
    });
  });

  test('spaces around labels do not count', async () => {
    const { agent } = await agentOver(['good'], { labels: [' good', 'bad '] });
    expect(agent.labels).toEqual(['good', 'bad']);
    expect((await agent.classify(review, { signal })).label).toBe('good');
  });

  test('the options of the questions are the same for every review', async () => {
    const { agent, model } = await agentOver(() => 'positive');
    for (const text of ['a', 'b'.repeat(2_000), '']) await agent.classify(text, { signal });
    const { input: _, subject: __, ...first } = model.requests[0] ?? agent.requestFor('');
    for (const { input: ___, subject: ____, ...rest } of model.requests) expect(rest).toEqual(first);
  });

  test.each([
    // [labels, room]: the prompt's own limit where they are the prompt's, else enough for the longest.
    [['positive', 'negative'], 1],
    [['neutral', 'positive'], 1],
    [['good', 'bad'], 6],
    [['positive', 'could not be happier with it'], 18],
    [['文句なし', '最悪'], 10],
  ])('the labels %j get room for %i tokens', async (labels, maxOutputTokens) => {
    const { agent } = await agentOver([], { prompt: promptWith('config: { maxOutputTokens: 1 }'), labels });
    expect(agent.requestFor('').options.maxOutputTokens).toBe(maxOutputTokens);
  });

  test('a prompt with more room than its labels need keeps it', async () => {
    const { agent } = await agentOver([], {
      prompt: promptWith('config: { maxOutputTokens: 120 }'),
      labels: ['a', 'b'],
    });
    expect(agent.requestFor('').options.maxOutputTokens).toBe(120);
  });

  test.each([
    ['label', undefined, 20],
    ['enum', undefined, 20],
    ['json', undefined, 20],
    ['text', undefined, undefined],
    ['label', false, undefined],
    ['json', false, undefined],
    ['enum', true, 20],
  ])('format %s with probabilities %s asks for %s alternatives', async (format, probabilities, alternatives) => {
    const { agent } = await agentOver([], { prompt: promptWith(`output: { format: ${format} }`), probabilities });
    expect(agent.requestFor('').topLogprobs).toBe(alternatives);
  });

  test.each([
    ['', undefined, 'always', 20],
    [', probabilities: false', undefined, 'on request', undefined],
    [', probabilities: false', true, 'always', 20],
    [', probabilities: true', false, 'never', undefined],
  ] as const)(
    'output %j with probabilities %s: they are requested %s',
    async (output, probabilities, when, alternatives) => {
      const prompt = promptWith(`output: { format: enum${output} }`);
      const { agent } = await agentOver([], { prompt, probabilities });
      expect(agent.probabilities).toBe(when);
      expect(agent.requestFor('').topLogprobs).toBe(alternatives);
    },
  );

  test('a call may want probabilities where they are requested on request only', async () => {
    const asked = async (probabilities: boolean | undefined) => {
      const model = createScriptedModel(['"positive"', '"positive"']);
      const prompt = promptWith('output: { format: enum, probabilities: false }');
      const { agent } = await agentOver([], { model, prompt, probabilities });
      await agent.classify(review, { signal });
      await agent.classify(review, { signal, probabilities: true });
      return model.requests.map(({ topLogprobs }) => topLogprobs);
    };
    expect(await asked(undefined)).toEqual([undefined, 20]);
    expect(await asked(false)).toEqual([undefined, undefined]);
  });

  test('it is prepared with a question like those to come', async () => {
    const samples: unknown[] = [];
    const model = createScriptedModel([], { onPrepare: (sample) => samples.push(sample) });
    const { agent } = await agentOver([], { model });
    expect(await agent.prepare({ signal })).toEqual({ serverVersion: null, loadMs: null });
    expect(samples).toEqual([agent.requestFor('')]);
  });
});

describe('a judgement', () => {
  test('it is what the answer says, validated', async () => {
    const answer = {
      text: '{"rationale":"It squeaks.","sentiment":"Negative"}',
      usage: { promptTokens: 5, completionTokens: 2 },
      durations: { totalMs: 9, firstTokenMs: 3, queueMs: 4, loadMs: null },
    };
    const { agent } = await agentOver([answer], { prompt: promptWith('output: { format: json, rationale: true }') });
    expect(await agent.classify(review, { signal })).toEqual({
      label: 'negative',
      rationale: 'It squeaks.',
      fields: null,
      confidence: null,
      labelShares: null,
      labelMass: null,
      usage: { promptTokens: 5, completionTokens: 2 },
      queueMs: 4,
    });
  });

  test.each([
    ['label', ['positive'], 0.75],
    ['enum', ['"', 'positive', '"'], 0.75],
    ['json', ['{"sentiment":"', 'positive', '"}'], 0.75],
    ['text', ['positive'], null],
  ] as const)('format %s: the confidence of %j is %s', async (format, tokens, confidence) => {
    const alternatives = [
      { token: 'positive', logprob: Math.log(0.6) },
      { token: ' negative', logprob: Math.log(0.2) },
      { token: 'It', logprob: Math.log(0.2) },
    ];
    const logprobs = tokens.map((token) => ({ token, logprob: Math.log(0.6), alternatives }));
    const { agent } = await agentOver([{ text: tokens.join(''), logprobs }], {
      prompt: promptWith(`output: { format: ${format} }`),
    });
    const judged = await agent.classify(review, { signal });
    expect(judged.labelShares?.map((share) => share.toFixed(9)) ?? null).toEqual(
      confidence && ['0.750000000', '0.000000000', '0.250000000'],
    );
    if (confidence === null) expect(judged.confidence).toBeNull();
    else expect(judged.confidence).toBeCloseTo(confidence, 10);
  });

  test('without probabilities there is no confidence', async () => {
    const { agent } = await agentOver(['positive']);
    expect((await agent.classify(review, { signal })).confidence).toBeNull();
  });

  test('what the provider itself says of confidence and rationale counts', async () => {
    const logprobs = [{ token: 'positive', logprob: Math.log(0.6), alternatives: [] }];
    const own = { text: 'positive', logprobs, confidence: 0.25, rationale: ' It squeaks. ' };
    const { agent } = await agentOver([own]);
    expect(await agent.classify(review, { signal })).toMatchObject({ confidence: 0.25, rationale: 'It squeaks.' });
  });

  test('the rationale of the answer counts more than one beside it', async () => {
    const prompt = promptWith('output: { format: json, rationale: true }');
    const text = '{"rationale":"It squeaks.","sentiment":"negative"}';
    const { agent } = await agentOver([{ text, rationale: 'No idea.' }], { prompt });
    expect((await agent.classify(review, { signal })).rationale).toBe('It squeaks.');
    const { agent: plain } = await agentOver([{ text: 'positive', rationale: ' ' }]);
    expect((await plain.classify(review, { signal })).rationale).toBeNull();
  });

  test('an answer that used all its tokens for thoughts was cut, and not empty', async () => {
    const { agent } = await agentOver(() => ({ text: '', finishReason: 'length' }));
    await expect(agent.classify(review, { signal })).rejects.toMatchObject({ code: 'CHORALE_ANSWER_TRUNCATED' });
  });

  test.each(['sentiment', 'sentiment-completion', 'sentiment-json', 'sentiment-free'])(
    'the lexicon answers the prompt %s',
    async (name) => {
      const agent = await createAgent({ model: lexicon(), prompt: await loadPrompt(name) });
      expect(await agent.classify('I love it', { signal })).toMatchObject({ label: 'positive', confidence: null });
    },
  );
});

describe('attempts', () => {
  test('what may help is tried again, after pauses that double, and told', async () => {
    const gone = new ModelUnavailableError('http://h', 'connection refused');
    const { agent, runtime, model, observer } = await agentOver([busy, gone, 'positive']);
    const attempts: number[] = [];
    const judged = agent.classify(review, { signal, item: 'r7', onAttempt: (attempt) => attempts.push(attempt) });
    await runtime.advance(499);
    expect(attempts).toEqual([1]);
    await runtime.advance(1);
    expect(attempts).toEqual([1, 2]);
    await runtime.advance(1_000);
    expect((await judged).label).toBe('positive');
    expect(attempts).toEqual([1, 2, 3]);
    expect(model.requests).toEqual(Array(3).fill(agent.requestFor(review)));
    expect(observer.ofType('model.retry').map(({ data }) => data)).toEqual([
      {
        item: 'r7',
        attempt: 1,
        delay_ms: 500,
        server_asked: false,
        error_type: 'CHORALE_MODEL_BUSY',
        message: 'the server is busy (HTTP 503: server busy)',
      },
      {
        item: 'r7',
        attempt: 2,
        delay_ms: 1_000,
        server_asked: false,
        error_type: 'CHORALE_MODEL_UNAVAILABLE',
        message: expect.stringContaining('connection refused'),
      },
    ]);
    expect(runtime.pendingTimers).toBe(0);
  });

  test('which server was asked is told, each time, and stands in the response', async () => {
    const { agent, model, observer } = await agentOver(['positive']);
    const { ask } = model;
    model.ask = (request, call) => {
      call.onSend?.('http://a');
      call.onSend?.('http://b');
      return ask(request, call);
    };
    const servers: string[] = [];
    await agent.classify(review, { signal, onSend: (server) => servers.push(server) });
    expect(servers).toEqual(['http://a', 'http://b']);
    expect(observer.ofType('model.response')[0]?.data.server).toBe('http://b');
  });

  test('what the server asks for in Retry-After is waited for', async () => {
    const { agent, runtime, observer } = await agentOver([new ModelBusyError(429, 'slow down', 40_000), 'positive']);
    const judged = agent.classify(review, { signal });
    await runtime.advance(40_000);
    expect((await judged).label).toBe('positive');
    expect(observer.ofType('model.retry')[0]?.data.delay_ms).toBe(40_000);
  });

  test('they end: the last error is thrown as it is', async () => {
    const { agent, runtime, model, observer } = await agentOver(() => busy, { retry: { maxRetries: 2 } });
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advanceToEnd();
    expect(await judged).toBe(busy);
    expect(model.requests).toHaveLength(3);
    expect(observer.ofType('model.retry')).toHaveLength(2);
  });

  test('what is left out of the policy keeps its default, also where it is undefined', async () => {
    const retry = { initialBackoffMs: 10, maxRetries: undefined } as unknown as { initialBackoffMs: number };
    const { agent, runtime, model } = await agentOver(() => busy, { retry });
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advanceToEnd();
    expect(await judged).toBe(busy);
    expect(model.requests).toHaveLength(4);
  });

  test.each([
    ['a refusal of the model', new AnswerRefusedError('I cannot help with that'), 'CHORALE_ANSWER_REFUSED'],
    ['a refusal', new ModelRejectedError(400, 'no'), 'CHORALE_MODEL_REJECTED'],
    ['an error without a code', new TypeError('boom'), undefined],
  ])('%s is not asked for again', async (_, answer, code) => {
    const { agent, model, observer } = await agentOver(() => answer);
    await expect(agent.classify(review, { signal })).rejects.toMatchObject(code ? { code } : { message: 'boom' });
    expect(model.requests).toHaveLength(1);
    expect(observer.ofType('model.retry')).toEqual([]);
  });

  const wrongAnswers = [
    ['no label', 'I cannot say', 'CHORALE_ANSWER_INVALID'],
    ['nothing', '', 'CHORALE_ANSWER_INVALID'],
    ['half an answer', { text: 'The senti', finishReason: 'length' } as const, 'CHORALE_ANSWER_TRUNCATED'],
  ] as const;
  const seedsOf = ({ requests }: { readonly requests: readonly ModelRequest[] }) =>
    requests.map(({ options }) => options.seed - (requests[0]?.options.seed ?? 0));

  test.each(wrongAnswers)('%s is asked for once more, at once and with another seed', async (_, wrong, code) => {
    const { agent, model, observer } = await agentOver([wrong, 'positive']);
    expect(await agent.classify(review, { signal })).toMatchObject({ label: 'positive' });
    expect(seedsOf(model)).toEqual([0, 1]);
    expect(model.requests[1]).toMatchObject({ input: model.requests[0]?.input, subject: review });
    expect(observer.ofType('model.retry').map(({ data }) => data)).toMatchObject([{ delay_ms: 0, error_type: code }]);
  });

  test.each(wrongAnswers)('%s twice is the end, however many attempts are left', async (_, wrong, code) => {
    const { agent, model } = await agentOver(() => wrong);
    await expect(agent.classify(review, { signal })).rejects.toMatchObject({ code });
    expect(model.requests).toHaveLength(2);
  });

  test('a wrong answer is not asked for again where no further attempt is wanted', async () => {
    const { agent, model } = await agentOver(() => 'no idea', { retry: { maxRetries: 0 } });
    await expect(agent.classify(review, { signal })).rejects.toMatchObject({ code: 'CHORALE_ANSWER_INVALID' });
    expect(model.requests).toHaveLength(1);
  });

  test('nor of a model whose answers do not depend on a seed', async () => {
    const words = lexicon();
    const ask = vi.spyOn(words, 'ask');
    const { agent } = await agentOver([], { model: words, labels: ['positive', 'negative'] });
    await expect(agent.classify('a table', { signal })).rejects.toMatchObject({ code: 'CHORALE_ANSWER_INVALID' });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('failures of the server and a wrong answer together are not more than the attempts', async () => {
    const { agent, runtime, model } = await agentOver([busy, 'no idea', busy, 'no idea', 'positive']);
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advanceToEnd();
    expect(await judged).toMatchObject({ code: 'CHORALE_ANSWER_INVALID' });
    expect(seedsOf(model)).toEqual([0, 0, 1, 1]);
  });
});

describe('time and abort', () => {
  const timedOut = { code: 'CHORALE_ITEM_TIMEOUT', message: 'no answer within 1000 ms, all attempts included' };

  test('the limit of an item covers its attempts', async () => {
    const { agent, runtime, model } = await agentOver(() => ({ text: 'positive', latencyMs: 5_000 }), {
      itemTimeoutMs: 1_000,
    });
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advance(999);
    expect(model.inFlight).toBe(1);
    await runtime.advance(1);
    expect(await judged).toMatchObject(timedOut);
    expect(model.inFlight).toBe(0);
    expect(runtime.pendingTimers).toBe(0);
  });

  test('the limit of an item covers its pauses', async () => {
    const { agent, runtime, model } = await agentOver(() => busy, { itemTimeoutMs: 1_000 });
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    // The second pause would end at 1500 ms.
    await runtime.advance(1_000);
    expect(await judged).toMatchObject(timedOut);
    expect(model.requests).toHaveLength(2);
    expect(runtime.pendingTimers).toBe(0);
  });

  test('it is two minutes unless it is set', async () => {
    const { agent, runtime } = await agentOver(() => ({ gate: new Promise(() => {}) }));
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advance(120_000);
    expect(await judged).toMatchObject({ code: 'CHORALE_ITEM_TIMEOUT', afterMs: 120_000 });
  });

  test.each([
    ['in an attempt', () => ({ gate: new Promise(() => {}) })],
    ['in a pause', () => busy],
  ])('an abort %s ends it with the reason', async (_, script) => {
    const { agent, runtime, observer } = await agentOver(script);
    const stopped = new AbortController();
    const judged = agent.classify(review, { signal: stopped.signal }).catch((error: unknown) => error);
    await runtime.advance(1);
    stopped.abort('enough');
    expect(await judged).toBe('enough');
    expect(runtime.pendingTimers).toBe(0);
    expect(observer.ofType('model.response')).toHaveLength(observer.ofType('model.request').length);
  });

  test('the reason wins over what a careless model throws when it is aborted', async () => {
    const careless = createScriptedModel([]);
    const model = {
      ...careless,
      ask: (_: unknown, call: { readonly signal: AbortSignal }) =>
        new Promise<never>((_resolve, reject) => {
          call.signal.addEventListener('abort', () => reject(new Error('socket closed')));
        }),
    };
    const { agent, runtime } = await agentOver([], { model, itemTimeoutMs: 1_000 });
    const judged = agent.classify(review, { signal }).catch((error: unknown) => error);
    await runtime.advance(1_000);
    expect(await judged).toMatchObject(timedOut);
  });

  test('an attempt that an abort without a code ended is told by the name of the reason', async () => {
    const { agent, runtime, observer } = await agentOver(() => ({ gate: new Promise(() => {}) }));
    const stopped = new AbortController();
    const judged = agent.classify(review, { signal: stopped.signal }).catch(() => {});
    await runtime.advance(1);
    stopped.abort();
    await judged;
    expect(observer.ofType('model.response').map(({ data }) => data)).toMatchObject([
      { error: true, error_type: 'AbortError', message: 'This operation was aborted' },
    ]);
  });

  test('with an aborted signal nothing is asked', async () => {
    const { agent, runtime, model, observer } = await agentOver(() => 'positive');
    await expect(agent.classify(review, { signal: AbortSignal.abort('before') })).rejects.toBe('before');
    expect(model.requests).toEqual([]);
    expect(observer.events).toEqual([]);
    expect(runtime.pendingTimers).toBe(0);
  });
});

describe('events', () => {
  const answer = {
    text: 'Positive',
    usage: { promptTokens: 5, completionTokens: 2 },
    durations: { totalMs: 0, firstTokenMs: null, queueMs: 4, loadMs: null },
    latencyMs: 20,
  };

  test('each attempt has its request and its response', async () => {
    const { agent, runtime, observer } = await agentOver([busy, answer], { name: 'judge' });
    const judged = agent.classify(review, { signal, item: 'r7' });
    await runtime.advance(520);
    await judged;
    expect(observer.events).toEqual([
      { type: 'model.request', timestamp: 5, source: 'judge', data: { item: 'r7', attempt: 1 } },
      {
        type: 'model.response',
        timestamp: 5,
        source: 'judge',
        data: {
          item: 'r7',
          attempt: 1,
          duration_ms: 0,
          error: true,
          error_type: 'CHORALE_MODEL_BUSY',
          message: 'the server is busy (HTTP 503: server busy)',
        },
      },
      expect.objectContaining({ type: 'model.retry' }),
      { type: 'model.request', timestamp: 505, source: 'judge', data: { item: 'r7', attempt: 2 } },
      {
        type: 'model.response',
        timestamp: 525,
        source: 'judge',
        data: {
          item: 'r7',
          attempt: 2,
          duration_ms: 20,
          prompt_tokens: 5,
          completion_tokens: 2,
          queue_ms: 4,
          first_token_ms: null,
          finish_reason: 'stop',
          error: false,
        },
      },
    ]);
  });

  test.each([
    ['label', 's3cret answer'],
    ['enum', '"s3cret answer"'],
    ['json', '{"sentiment":"s3cret answer"}'],
    ['json', 's3cret answer'],
    ['text', 's3cret answer'],
    ['label', { text: 's3cret answer', finishReason: 'length' } as const],
    ['label', 'positive'],
  ])('neither review nor prompt nor answer is in them (%s, %j)', async (format, answer) => {
    const { agent, observer } = await agentOver(() => answer, { prompt: promptWith(`output: { format: ${format} }`) });
    await agent.classify(review, { signal }).catch(() => undefined);
    expect(new Set(observer.types())).toEqual(
      new Set(['model.request', 'model.response', ...(answer === 'positive' ? [] : ['model.retry'])]),
    );
    expect(JSON.stringify(observer.events)).not.toMatch(/s3cret|hinge|Judge|positive(?!, neutral)/);
  });

  test('they are when that is asked for', async () => {
    const { agent, observer } = await agentOver(['positive', 's3cret answer'], {
      verboseEvents: true,
      retry: { maxRetries: 0 },
    });
    await agent.classify(review, { signal });
    await agent.classify(review, { signal }).catch(() => undefined);
    expect(observer.ofType('model.request').map(({ data }) => data.messages)).toEqual(
      Array(2).fill(agent.requestFor(review).input),
    );
    expect(observer.ofType('model.response').map(({ data }) => [data.text, data.error])).toEqual([
      ['positive', false],
      ['s3cret answer', true],
    ]);
  });
});
