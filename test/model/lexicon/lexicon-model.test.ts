import fc from 'fast-check';
import { describe } from 'vitest';
import { type LexiconOptions, lexicon } from '../../../src/model/lexicon/lexicon-model.js';
import { lexiconScore } from '../../../src/model/lexicon/lexicon-score.js';
import type { ModelRequest } from '../../../src/model/model.js';
import { createManualClock } from '../../../src/testing/index.js';
import { test } from '../quiet-test.js';

const signal = new AbortController().signal;
const three = ['positive', 'neutral', 'negative'];

function about(subject: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    input: { kind: 'completion', prompt: 'is not read' },
    subject,
    labels: three,
    options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
    ...more,
  };
}

async function answerTo(subject: string, more?: Partial<ModelRequest>, options?: LexiconOptions): Promise<string> {
  return (await lexicon(options).ask(about(subject, more), { signal })).text;
}

describe('the lexicon', () => {
  test.for([
    ['Great product, I love it!', 'positive'],
    ['GREAT', 'positive'],
    ['Works. 😀', 'positive'],
    ['Terrible. A waste of money.', 'negative'],
    ['awful', 'negative'],
    ['The lamp has a switch on the cable.', 'neutral'],
    ['', 'neutral'],
    ['東京', 'neutral'],
    // Negation turns a word around.
    ['not good', 'negative'],
    ['This is not a good product', 'negative'],
    ["I don't like it", 'negative'],
    ['not bad', 'positive'],
    // As much of the one as of the other.
    ['good, bad', 'neutral'],
  ] as const)('%j is %s', async ([text, label], { expect }) => {
    expect(await answerTo(text)).toBe(label);
  });

  const inherited = Object.getOwnPropertyNames(Object.prototype);
  test.for([...inherited, 'Constructor', 'CONSTRUCTOR', '#constructor', '@constructor', "constructor's", 'tostring'])(
    'the word %s has no score of its own',
    async (word, { expect }) => {
      expect(lexiconScore(word)).toBe(0);
      expect(lexiconScore(`${word} good`)).toBe(lexiconScore('good'));
      expect(lexiconScore(`not good ${word} ${word}`)).toBe(lexiconScore('not good'));
      expect(await answerTo(`${word} ${word} awful`)).toBe('negative');
    },
  );

  test('every text has a finite score', ({ expect }) => {
    const word = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...inherited, 'not', 'good', '#bad', ':)'));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(Number.isFinite(lexiconScore(words.join(' ')))).toBe(true);
      }),
    );
  });

  test('where the answer is a JSON object, it is one', async ({ expect }) => {
    expect(await answerTo('good', { schema: { type: 'object' } })).toBe('{"sentiment":"positive"}');
    expect(await answerTo('good', { schema: { type: 'string' } })).toBe('positive');
  });

  test('it gives no tokens, no probabilities and no waiting', async ({ expect }) => {
    const answer = await lexicon({ clock: createManualClock() }).ask(about('good'), { signal });
    expect(answer).toEqual({
      text: 'positive',
      finishReason: 'stop',
      usage: { promptTokens: null, completionTokens: null },
      durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
    });
  });
});

describe('labels', () => {
  test.for([
    ['positive', 'mixed'],
    ['Positive', 'Negative'],
    ['constructor', 'negative'],
  ])('%j are not those of the lexicon', async (labels, { expect }) => {
    await expect(lexicon().prepare(about('', { labels }), { signal })).rejects.toMatchObject({
      code: 'CHORALE_INVALID_OPTION',
      message: expect.stringContaining('option labels must be among positive, neutral, negative for the lexicon'),
    });
  });

  test('two of the three are enough', async ({ expect }) => {
    const labels = ['negative', 'positive'];
    await expect(lexicon().prepare(about('', { labels }), { signal })).resolves.toEqual({
      serverVersion: null,
      loadMs: null,
    });
    expect(await answerTo('good', { labels })).toBe('positive');
  });

  test('a tie where neutral is not among them is no answer, and no label is invented', async ({ expect }) => {
    for (const text of ['good, bad', 'The lamp has a switch on the cable.']) {
      await expect(answerTo(text, { labels: ['positive', 'negative'] })).rejects.toMatchObject({
        code: 'CHORALE_ANSWER_INVALID',
        message: 'the answer of the lexicon is none of positive, negative',
        answer: 'neutral',
      });
    }
  });
});

describe('what people are told', () => {
  test('it is no language model', ({ expect }) => {
    expect(lexicon()).toMatchObject({ provider: 'lexicon', name: 'wink-sentiment' });
    expect(lexicon().caveat).toBe('the lexicon is a list of English words, no language model');
    expect(lexicon({ simulatedLatencyMs: 0 }).caveat).not.toContain('simulated');
  });

  test('its latency is simulated', ({ expect }) => {
    expect(lexicon({ simulatedLatencyMs: 150 }).caveat).toBe(
      'the lexicon is a list of English words, no language model, and its latency of 150 ms is simulated',
    );
  });
});

describe('the simulated latency', () => {
  test('the answer comes after it, and says so', async ({ expect }) => {
    const clock = createManualClock();
    const asked = lexicon({ simulatedLatencyMs: 150, clock }).ask(about('good'), { signal });
    let answered = false;
    void asked.then(() => {
      answered = true;
    });
    await clock.advance(149);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await asked).toMatchObject({ text: 'positive', durations: { totalMs: 150 } });
    expect(clock.pendingTimers).toBe(0);
  });

  test('an abort ends it at once', async ({ expect }) => {
    const clock = createManualClock();
    const stopped = new AbortController();
    const asked = lexicon({ simulatedLatencyMs: 150, clock }).ask(about('good'), { signal: stopped.signal });
    stopped.abort('enough');
    await expect(asked).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  test.for([-1, Number.NaN])('%j is none', (simulatedLatencyMs, { expect }) => {
    expect(() => lexicon({ simulatedLatencyMs })).toThrow('option simulatedLatencyMs must be at least 0');
  });
});
