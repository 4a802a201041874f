import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchLabel } from '../../src/classify/labels.js';
import { parseAnswer, schemaOf } from '../../src/classify/parse-answer.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import type { FinalAnswer } from '../../src/classify/reasoning.js';
import type { ModelAnswer } from '../../src/model/model.js';

const labels = ['positive', 'neutral', 'negative'];

function promptWith(format: string, rationale = false) {
  const yaml = `labels: [positive, neutral, negative]\noutput: { format: ${format}, rationale: ${rationale} }`;
  return parsePrompt('mine', `---\n${yaml}\n---\n{{review}}`);
}

function answerOf(text: string, finishReason: ModelAnswer['finishReason'] = 'stop'): FinalAnswer {
  return {
    onlyReasoning: false,
    text,
    finishReason,
    usage: { promptTokens: null, completionTokens: null },
    durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
  };
}

function read(format: string, text: string, finishReason?: ModelAnswer['finishReason'], among = labels) {
  return parseAnswer(answerOf(text, finishReason), promptWith(format), among, 12);
}

describe('schemaOf', () => {
  const sentiment = { type: 'string', enum: ['good', 'bad'] };
  const object = { type: 'object', additionalProperties: false };

  test.each([
    ['label', false, undefined],
    ['text', false, undefined],
    ['enum', false, sentiment],
    ['json', false, { ...object, properties: { sentiment }, required: ['sentiment'] }],
    [
      'json',
      true,
      { ...object, properties: { rationale: { type: 'string' }, sentiment }, required: ['rationale', 'sentiment'] },
    ],
  ])('%s, with a rationale: %s', (format, rationale, schema) => {
    expect(schemaOf(promptWith(format, rationale), ['good', 'bad'])).toEqual(schema);
  });

  test('the rationale comes before the label, so that it can decide it', () => {
    const schema = schemaOf(promptWith('json', true), labels);
    expect(Object.keys(schema?.properties as object)).toEqual(['rationale', 'sentiment']);
  });
});

describe('an answer that is one', () => {
  test.each([
    ['label', 'positive'],
    ['label', ' Positive.\n'],
    ['label', '**positive**'],
    ['label', '"positive"'],
    ['enum', '"positive"'],
    ['enum', ' "positive" '],
    // Servers that do not enforce the schema.
    ['enum', 'Positive!'],
    ['enum', '`positive`'],
    ['enum', '"Positive."'],
    ['json', '{"sentiment":"positive"}'],
    ['json', ' {\n "sentiment" : "Positive." , "confidence": 5 }\n'],
    ['json', '```json\n{"sentiment":"positive"}\n```'],
    ['json', '```\n{"sentiment":"positive"}\n```\n'],
    ['label', 'Sentiment: positive'],
    ['label', '**Answer:** Positive.'],
    ['label', '{"label": "positive"}'],
    ['enum', '```json\n"positive"\n```'],
    ['enum', '{"sentiment": "positive"}'],
    ['enum', '["positive"]'],
    ['enum', 'The sentiment is: positive'],
    ['json', 'positive'],
    ['json', '"positive"'],
    ['json', 'Sentiment: positive'],
    ['json', '{"label":"positive"}'],
    ['json', '{"Sentiment":"positive"}'],
    ['json', 'Sure! {"sentiment":"positive"} I hope that helps.'],
    ['text', 'The sentiment is positive.'],
    ['text', 'Positive, not negative.'],
  ])('%s: %j', (format, text) => {
    expect(read(format, text)).toEqual({ label: 'positive', rationale: null, fields: null });
  });

  test.each([
    ['{"rationale":" It works. ","sentiment":"positive"}', 'It works.'],
    ['{"rationale":"  ","sentiment":"positive"}', null],
    ['{"sentiment":"positive"}', null],
  ])('the rationale of %s is %j', (text, rationale) => {
    expect(parseAnswer(answerOf(text), promptWith('json', true), labels, 12)).toEqual({
      label: 'positive',
      rationale,
      fields: null,
    });
  });

  test('a label with quotes in it comes back from JSON as it is', () => {
    expect(read('enum', '"so \\"so\\""', 'stop', ['so "so"', 'good'])).toMatchObject({ label: 'so "so"' });
    expect(read('enum', '"n\\u00e9gatif"', 'stop', ['négatif', 'positif'])).toMatchObject({ label: 'négatif' });
  });

  test.each(['label', 'enum'])('%s: the label is there although the answer was cut after it', (format) => {
    expect(read(format, 'positive', 'length')).toEqual({ label: 'positive', rationale: null, fields: null });
    expect(read(format, '"positive', 'length')).toEqual({ label: 'positive', rationale: null, fields: null });
  });
});

describe('an answer that was cut at a label which may go on', () => {
  const among = ['good', 'good enough', 'bad'];

  test.each([
    ['label', 'good'],
    ['label', '**Good'],
    ['enum', '"good'],
    ['text', 'I would say: good'],
  ])('%s: %j is not complete', (format, text) => {
    expect(() => read(format, text, 'length', among)).toThrow(
      expect.objectContaining({ code: 'CHORALE_ANSWER_TRUNCATED' }),
    );
    expect(read(format, text, 'stop', among)).toMatchObject({ label: 'good' });
  });

  test.each([
    ['label', 'good enough', 'good enough'],
    ['label', 'bad', 'bad'],
    ['enum', '"good"', 'good'],
    ['text', 'It is good, as the author', 'good'],
  ])('%s: %j is', (format, text, label) => {
    expect(read(format, text, 'length', among)).toMatchObject({ label });
  });
});

describe('an answer that is nothing but reasoning', () => {
  const reasoning = { ...answerOf('<think>The author seems positive, but'), onlyReasoning: true };
  const formats = ['label', 'enum', 'json', 'text'];

  test.each(formats)('%s: is none, whatever it names', (format) => {
    expect(() => parseAnswer(reasoning, promptWith(format), labels, 12)).toThrow(
      expect.objectContaining({
        code: 'CHORALE_ANSWER_INVALID',
        message: expect.stringMatching(/wrote only into its reasoning; turn its reasoning off, raise maxOutputTokens/),
      }),
    );
  });

  test.each(formats)('%s: says what to do where it was cut', (format) => {
    const cut = { ...reasoning, finishReason: 'length', usage: { promptTokens: 90, completionTokens: 1_036 } } as const;
    expect(() => parseAnswer(cut, promptWith(format), labels, 12)).toThrow(
      expect.objectContaining({
        code: 'CHORALE_ANSWER_TRUNCATED',
        whileThinking: true,
        message: expect.stringMatching(/still thinking when it was cut after 1036 tokens; take a model that/),
      }),
    );
  });
});

describe('an answer that is none', () => {
  test.each([
    ['label', 'maybe', 'the answer is none of positive, neutral, negative'],
    ['label', 'positive or negative', 'the answer is none of'],
    ['label', 'The sentiment is positive.', 'the answer is none of'],
    ['enum', '"mixed"', 'the answer is none of positive, neutral, negative'],
    ['enum', '["positive"]x', 'the answer is none of'],
    ['enum', '5', 'the answer is none of'],
    ['enum', 'I like it', 'negative (the server did not keep the model to the JSON schema)'],
    ['enum', '{"sentiment":"positive","label":"negative"}', 'the answer is none of'],
    ['enum', '{"sentiment":"positive"} or {"sentiment":"negative"}', 'the answer is none of'],
    ['enum', 'Unsure: positive', 'the answer is none of'],
    ['json', 'I like it', 'the answer is not JSON (the server did not keep the model to the JSON schema)'],
    ['json', '{"sentiment":"positive"', 'the answer is not JSON'],
    ['json', 'null', 'the answer is not JSON'],
    ['json', '["positive","negative"]', 'the answer is not an object with a "sentiment"'],
    ['json', '{"sentiment":5}', 'the answer is not an object with a "sentiment"'],
    ['json', '{"sentiment":"mixed"}', 'the answer has a "sentiment" that is none of positive, neutral, negative'],
    ['text', 'I cannot say.', 'the answer comes to none of positive, neutral, negative, or to several'],
    ['label', '', 'the answer is empty'],
    ['enum', ' \n', 'the answer is empty'],
    ['json', '\t', 'the answer is empty'],
    ['text', '', 'the answer is empty'],
  ])('%s: %j', (format, text, message) => {
    expect(() => read(format, text)).toThrow(
      expect.objectContaining({
        code: 'CHORALE_ANSWER_INVALID',
        message: expect.stringContaining(message),
        answer: text,
      }),
    );
  });

  test.each([
    ['label', 'posit'],
    ['label', 'The sentiment of this'],
    ['enum', '"posit'],
    ['json', '{"rationale":"It works because'],
    ['text', 'The author is happy because'],
  ])('%s: %j was cut', (format, text) => {
    expect(() => read(format, text, 'length')).toThrow(
      expect.objectContaining({
        code: 'CHORALE_ANSWER_TRUNCATED',
        maxTokens: 12,
        message: 'the answer was cut after 12 tokens; raise maxOutputTokens in the prompt file',
        answer: text,
      }),
    );
  });

  test('what it says is in no message', () => {
    for (const [format, text] of [
      ['label', 's3cret'],
      ['json', '{"sentiment":"s3cret"}'],
      ['text', 's3cret'],
    ] as const) {
      expect(() => read(format, text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
      );
    }
  });
});

const sentiments = ['positive', 'neutral', 'negative'];

const letters = fc.string({ unit: fc.constantFrom(...'abcdefgxyzäñß5'), minLength: 1, maxLength: 12 });
const labelSet = fc
  .uniqueArray(letters, { minLength: 2, maxLength: 5, selector: (label) => label.normalize('NFKC').toLowerCase() })
  .filter((all) => all.length >= 2);
const wrapping = fc.string({ unit: fc.constantFrom(...' \n\t"\'*_.,!`“”()') });

describe('matchLabel', () => {
  test.each([
    ['positive', 'positive'],
    ['Positive', 'positive'],
    ['POSITIVE', 'positive'],
    [' negative\n', 'negative'],
    ['Negative.', 'negative'],
    ['"neutral"', 'neutral'],
    ["'neutral'", 'neutral'],
    ['“neutral”', 'neutral'],
    ['**Positive**', 'positive'],
    ['_positive_!', 'positive'],
    ['`positive`', 'positive'],
    ['- positive', 'positive'],
    ['\u200fpositive', 'positive'],
    ['posi\u200btive\ufeff', 'positive'],
    ['(positive)', 'positive'],
    ['✅ positive', 'positive'],
    ['ｐｏｓｉｔｉｖｅ', 'positive'],
    ['pos', undefined],
    ['positively', undefined],
    ['positive or negative', undefined],
    ['positive\n\nReview: next', undefined],
    ['The sentiment is positive.', undefined],
    ['not positive', undefined],
    ['', undefined],
    ['...', undefined],
    ['constructor', undefined],
  ])('%j is %s', (text, label) => {
    expect(matchLabel(text, sentiments)).toBe(label);
  });

  test.each([
    ['C++', ['C', 'C++'], 'C++'],
    ['"c++"', ['C', 'C++'], undefined],
    ['c', ['C', 'C++'], 'C'],
    ['+', ['+', '-'], '+'],
    [' - ', ['+', '-'], '-'],
    ['👍', ['👍', '👎'], '👍'],
    ['5 stars', ['1 star', '5 stars'], '5 stars'],
    ['very positive', ['positive', 'very positive'], 'very positive'],
    ['Négatif !', ['positif', 'négatif'], 'négatif'],
    ['ne\u0301gatif', ['positif', 'négatif'], 'négatif'],
    ['肯定的。', ['肯定的', '否定的'], '肯定的'],
    ['STRASSE', ['straße', 'weg'], 'straße'],
    ['İyi.', ['iyi', 'kötü'], 'iyi'],
    ['IYI', ['iyi', 'kötü'], 'iyi'],
  ])('%j among %j is %s', (text, among, label) => {
    expect(matchLabel(text, among)).toBe(label);
  });

  test('each label is itself, in any case and wrapping', () => {
    fc.assert(
      fc.property(labelSet, wrapping, wrapping, fc.nat(), (all, before, after, pick) => {
        const label = all[pick % all.length] ?? '';
        expect(matchLabel(label, all)).toBe(label);
        expect(matchLabel(`${before}${label}${after}`, all)).toBe(label);
      }),
    );
  });

  test('whatever comes, the answer is a label or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([...sentiments, undefined]).toContain(matchLabel(text, sentiments));
      }),
    );
  });
});
