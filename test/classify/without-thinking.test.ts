import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutReasoning } from '../../src/classify/without-thinking.js';
import type { ModelAnswer } from '../../src/model/model.js';

function answerOf(text: string, more: Partial<ModelAnswer> = {}): ModelAnswer {
  return {
    text,
    finishReason: 'stop',
    usage: { promptTokens: null, completionTokens: null },
    durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
    ...more,
  };
}

const tokens = (...texts: string[]) => texts.map((token) => ({ token, logprob: -0.1, alternatives: [] }));

describe('an answer with a thought before it', () => {
  test.each([
    ['<think>It is negative? No.</think>positive', 'positive'],
    [' \n<think>\n\n</think>\n\npositive', '\n\npositive'],
    ['<THINK>So?</THINK> positive', ' positive'],
    ['<thinking>a</thinking>positive', 'positive'],
    ['[THINK]a[/THINK]positive', 'positive'],
    ['<think>a</think><think>b</think>positive', 'positive'],
    // A chat template may have the opening tag in the prompt.
    ['The author likes it.</think>{"sentiment":"positive"}', '{"sentiment":"positive"}'],
  ])('%j is %j', (text, plain) => {
    expect(withoutReasoning(answerOf(text))).toMatchObject({ text: plain, onlyThought: false });
  });

  test.each(['positive', '', ' ', '"positive"', '{"rationale":"it says </think>","sentiment":"positive"}', 'a < b'])(
    '%j is left as it is',
    (text) => {
      const answer = answerOf(text, { logprobs: tokens('a', 'b') });
      expect(withoutReasoning(answer)).toEqual({ ...answer, onlyThought: false });
    },
  );

  test.each(['<think>', '<think>It is positive, because', ' <think>a', '<think>a</think> <think>b', '[THINK]a'])(
    '%j is nothing but a thought',
    (text) => {
      expect(withoutReasoning(answerOf(text)).onlyThought).toBe(true);
    },
  );

  test('an empty answer is one where there was a thought, in the text or beside it', () => {
    expect(withoutReasoning(answerOf('<think>a</think> \n')).onlyThought).toBe(true);
    expect(withoutReasoning(answerOf('', { thought: true })).onlyThought).toBe(true);
    expect(withoutReasoning(answerOf('positive', { thought: true })).onlyThought).toBe(false);
  });

  test('whatever was thought, the answer is what follows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('positive', '"negative"', '{"sentiment":"positive"}'),
        (thought, said) => {
          const text = `<think>${thought}</think>${said}`;
          expect(withoutReasoning(answerOf(text)).text).toBe(said);
        },
      ),
    );
  });
});

describe('the tokens of a thought', () => {
  test('are none of the answer', () => {
    const logprobs = tokens('<think>', 'positive', '?', '</', 'think>', '\n', 'negative');
    const plain = withoutReasoning(answerOf('<think>positive?</think>\nnegative', { logprobs }));
    expect(plain.logprobs?.map(({ token }) => token)).toEqual(['\n', 'negative']);
  });

  test('a token that ends the thought and begins the answer belongs to it', () => {
    const logprobs = tokens('<think>', 'a', '</think>neg', 'ative');
    const plain = withoutReasoning(answerOf('<think>a</think>negative', { logprobs }));
    expect(plain.logprobs?.map(({ token }) => token)).toEqual(['</think>neg', 'ative']);
  });

  test('where they do not show the end of the thought, there are none', () => {
    expect(
      withoutReasoning(answerOf('<think>a</think>negative', { logprobs: tokens('a', 'negative') })).logprobs,
    ).toBeNull();
    expect(withoutReasoning(answerOf('<think>a</think>negative')).logprobs).toBeNull();
  });
});
