import { describe, expect, test } from 'vitest';
import { type AgentOptions, createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { lexicon } from '../../../src/model/lexicon/lexicon-model.js';
import { createManualClock, createScriptedModel, type Script } from '../../../src/testing/index.js';

const fields = `    topic: { type: enum, values: [delivery, product], label: true }
    angry: { type: boolean }
    tags: { type: enums, values: [late, broken] }`;

function promptWith(yaml = fields, more = '', template = '{{fieldList}}\n{{role "user"}}\n{{review}}') {
  return parsePrompt('mine', `---\noutput:\n  fields:\n${yaml}\n${more}---\n${template}`);
}

async function agentOver(script: Script, options: Partial<AgentOptions> = {}) {
  const runtime = createManualClock({ epochMs: 5, random: () => 0.5 });
  const model = createScriptedModel(script, { clock: runtime });
  return { agent: await createAgent({ model, prompt: promptWith(), runtime, ...options }), model };
}

const valid = { topic: 'delivery', angry: true, tags: ['late'] };
const usage = { promptTokens: 10, completionTokens: 3 };
const answer = (value: unknown, more = {}) => ({ text: JSON.stringify(value), usage, ...more });

describe('an agent whose prompt has fields', () => {
  test('sends their JSON schema, and its prediction has their values and the label', async () => {
    const { agent, model } = await agentOver([answer(valid)]);
    expect(await agent.classify('It came late.')).toMatchObject({
      label: 'delivery',
      fields: valid,
      rationale: null,
      usage,
    });
    expect(agent.fields?.map(({ name }) => name)).toEqual(['topic', 'angry', 'tags']);
    expect(agent.labels).toEqual(['delivery', 'product']);
    expect(model.requests[0]?.schema).toMatchObject({
      required: ['topic', 'angry', 'tags'],
      additionalProperties: false,
    });
    const [{ content } = { content: '' }] =
      model.requests[0]?.input.kind === 'chat' ? model.requests[0].input.messages : [];
    expect(content).toBe(
      '- topic (delivery or product)\n- angry (true or false)\n- tags (a list of some of late, broken, or of none)',
    );
  });

  test('other labels take the place of those of the label field', async () => {
    const { agent, model } = await agentOver([answer({ ...valid, topic: 'other' })], { labels: ['delivery', 'other'] });
    expect((await agent.classify('x')).label).toBe('other');
    expect(model.requests[0]?.schema).toMatchObject({ properties: { topic: { enum: ['delivery', 'other'] } } });
  });

  test('without a label field it has no labels, no confidence, and requests no probabilities', async () => {
    const { agent, model } = await agentOver([answer({ angry: false }, { confidence: 0.7 })], {
      prompt: promptWith('    angry: { type: boolean }'),
      probabilities: true,
    });
    expect(agent.labels).toEqual([]);
    expect(await agent.classify('x')).toMatchObject({
      label: '',
      confidence: null,
      labelShares: null,
      fields: { angry: false },
    });
    expect(model.requests[0]?.topLogprobs).toBeUndefined();
  });

  test('labels for a prompt without a label field are rejected', async () => {
    const prompt = promptWith('    angry: { type: boolean }');
    await expect(agentOver([], { prompt, labels: ['a', 'b'] })).rejects.toThrow(
      "option labels must be absent: no field of the prompt is the label, but is 'a,b'",
    );
  });

  test('the confidence is that of the tokens of the label, wherever the label stands in the object', async () => {
    const token = (text: string, ...alternatives: (readonly [string, number])[]) => ({
      token: text,
      logprob: Math.log(alternatives.find(([one]) => one === text)?.[1] ?? 1),
      alternatives: alternatives.map(([one, probability]) => ({ token: one, logprob: Math.log(probability) })),
    });
    const logprobs = [
      token('{"angry":'),
      token('true'),
      token(',"topic":"'),
      token('delivery', ['delivery', 0.6], ['product', 0.2], ['x', 0.2]),
      token('"}'),
    ];
    const yaml = '    angry: { type: boolean }\n    topic: { type: enum, values: [delivery, product], label: true }';
    const text = '{"angry":true,"topic":"delivery"}';
    const { agent } = await agentOver([{ text, logprobs }], { prompt: promptWith(yaml) });
    const { confidence, labelShares } = await agent.classify('x');
    expect(confidence).toBeCloseTo(0.75);
    expect(labelShares?.[1]).toBeCloseTo(0.25);
  });

  test('a text is split only where the values of chunks make one', async () => {
    const prompt = promptWith('    summary: { type: string }');
    await expect(agentOver([], { prompt, long: 'split' })).rejects.toThrow(
      "option long must be one of fail, head, tail, head-tail: the values of the field 'summary' (string) in chunks of a text do not make one for the text, but is 'split'",
    );
  });

  test('chunks vote for values and truth, and add what lists have', async () => {
    const more = 'config: { contextTokens: 220, maxOutputTokens: 60 }\n';
    const values = [
      { topic: 'delivery', angry: false, tags: ['broken'] },
      { topic: 'product', angry: true, tags: [] },
    ];
    const { agent } = await agentOver((_, index) => answer(values[index] ?? { ...values[1], tags: ['late'] }), {
      prompt: promptWith(fields, more),
      long: 'split',
    });
    const { label, fields: combined, long } = await agent.classify('A sentence that says something. '.repeat(200));
    expect(long?.parts).toBeGreaterThan(2);
    expect(combined).toEqual({ topic: label, angry: true, tags: ['late', 'broken'] });
    expect(label).toBe('product');
  });

  test('a model that answers with a label is rejected if there are other fields', async () => {
    await expect(createAgent({ model: lexicon(), prompt: promptWith() })).rejects.toThrow(
      "option prompt must be one without fields beside the label: the provider lexicon answers with a label, and cannot give the field 'angry', but is 'mine'",
    );
    const yaml = '    mood: { type: enum, values: [positive, neutral, negative], label: true }';
    const agent = await createAgent({ model: lexicon(), prompt: promptWith(yaml) });
    expect(await agent.classify('I love it')).toMatchObject({ label: 'positive', fields: { mood: 'positive' } });
  });
});

describe('the repair of an answer', () => {
  const wrong = answer({ ...valid, angry: 'very <|im_start|>system' });

  test('shows the answer and what is wrong with it, with another seed, and counts its tokens', async () => {
    const { agent, model } = await agentOver([wrong, answer(valid)]);
    const attempts: number[] = [];
    const prediction = await agent.classify('It came late.', { onAttempt: (attempt) => attempts.push(attempt) });
    expect(prediction).toMatchObject({ fields: valid, usage: { promptTokens: 20, completionTokens: 6 } });
    expect(attempts).toEqual([1, 2]);
    const [first, second] = model.requests;
    expect(second?.options.seed).toBe((first?.options.seed ?? 0) + 1);
    const messages = first?.input.kind === 'chat' ? first.input.messages : [];
    expect(second?.input).toEqual({
      kind: 'chat',
      messages: [
        ...messages,
        { role: 'assistant', content: '{"topic":"delivery","angry":"very < |im_start|>system","tags":["late"]}' },
        {
          role: 'user',
          content:
            'This answer does not fit the fields: angry: must be true or false. Give the whole answer again, corrected.',
        },
      ],
    });
  });

  test('is made once: the second wrong answer is a failure with its reason, never a guess', async () => {
    const { agent, model } = await agentOver([wrong, answer({ topic: 'x' }), answer(valid)]);
    await expect(agent.classify('x')).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      message:
        'the answer does not fit the fields: topic: must be one of delivery or product; angry: is missing; tags: is missing',
    });
    expect(model.requests).toHaveLength(2);
  });

  test('is not made where nobody wants it', async () => {
    const { agent, model } = await agentOver([wrong, answer(valid)], { repair: false });
    await expect(agent.classify('x')).rejects.toMatchObject({ code: 'CHORALE_ANSWER_INVALID' });
    expect(model.requests).toHaveLength(1);
  });

  test('takes another seed only where the answer does not fit into the context window', async () => {
    const prompt = promptWith(fields, 'config: { contextTokens: 200, maxOutputTokens: 60 }\n');
    const texts = [wrong.text, JSON.stringify(valid)];
    const { agent, model } = await agentOver(texts, { prompt });
    await agent.classify('x '.repeat(40));
    expect(model.requests[1]?.input).toEqual(model.requests[0]?.input);
    expect(model.requests[1]?.options.seed).toBe(2);
  });

  test('takes another seed only in a completion', async () => {
    const prompt = promptWith(fields, 'mode: completion\n', '{{review}} =>');
    const { agent, model } = await agentOver([wrong, answer(valid)], { prompt });
    await agent.classify('x');
    expect(model.requests[1]?.input).toEqual(model.requests[0]?.input);
  });

  test('a complete answer counts where only the white space behind it was truncated, and so do its violations', async () => {
    const cut = (value: unknown) => answer(value, { text: `${JSON.stringify(value)}   `, finishReason: 'length' });
    const { agent } = await agentOver([cut(valid), cut({ ...valid, angry: 1 }), cut({ ...valid, angry: 2 })]);
    expect((await agent.classify('x')).fields).toEqual(valid);
    await expect(agent.classify('x')).rejects.toThrow(
      'the answer does not fit the fields: angry: must be true or false',
    );
  });

  test('takes another seed only for a truncated answer', async () => {
    const { agent, model } = await agentOver([{ text: '{"topic":"deli', finishReason: 'length' }, answer(valid)]);
    expect((await agent.classify('x')).fields).toEqual(valid);
    expect(model.requests[1]?.input).toEqual(model.requests[0]?.input);
  });
});

describe('examples of a prompt with fields', () => {
  const example = (values: string) => `examples: [{ text: 'Late again <|x|>', fields: ${values} }]\n`;
  const template = '{{#each examples}}{{text}}: {{answerJson}} ({{label}})\n{{/each}}{{review}}';

  test('show their whole answer as JSON, and their label', async () => {
    const { agent } = await agentOver([], { prompt: promptWith(fields, example(JSON.stringify(valid)), template) });
    expect(agent.requestFor('R').input).toEqual({
      kind: 'chat',
      messages: [
        { role: 'user', content: 'Late again < |x|>: {"topic":"delivery","angry":true,"tags":["late"]} (delivery)\nR' },
      ],
    });
  });

  test('an example whose answer is not valid is rejected', () => {
    expect(() => promptWith(fields, example('{ topic: x, angry: true, tags: [] }'))).toThrow(
      'prompt mine: examples.0.fields: topic: must be one of delivery or product',
    );
    expect(() => promptWith(fields, 'examples: [{ text: x, label: delivery }]\n')).toThrow(/examples\.0\.fields/);
  });

  test('names that need fields are rejected in a prompt without them', () => {
    expect(() => parsePrompt('mine', '---\nlabels: [a, b]\n---\n{{fieldList}} {{review}}')).toThrow(
      'the template uses {{fieldList}}, which needs output.fields in the front matter',
    );
  });
});
