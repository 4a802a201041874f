import fc from 'fast-check';
import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { httpService } from '../../../src/model/http-service.js';
import { end, lines, test as ollamaTest, piece, question, unaborted } from '../ollama/fake-ollama.js';

import * as openai from '../openai/fake-openai.js';

/** What servers write where a number, a text or a list should be. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 'many', '12', '-1', -1, 1.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER),
  fc.constantFrom<unknown>([], {}, [null], [{}], { content: null }, [[1]], '\u0000', [{ token: 5, logprob: 'x' }]),
  fc.constant('__missing__'),
);

/** An object in which some fields that nobody needs are odd, or missing. */
function mutated<T extends object>(whole: T, fields: readonly string[]) {
  return fc
    .record(Object.fromEntries(fields.map((field) => [field, fc.option(odd, { nil: undefined })])))
    .map((changes) => {
      const copy: Record<string, unknown> = Object.fromEntries(Object.entries(whole));
      for (const [field, value] of Object.entries(changes)) {
        if (value === '__missing__') delete copy[field];
        else if (value !== undefined) copy[field] = value;
      }
      return copy;
    });
}

const numbers = [
  'total_duration',
  'load_duration',
  'prompt_eval_duration',
  'eval_duration',
  'prompt_eval_count',
  'eval_count',
];

/** A number that can be shown, or none. */
function isSound(value: number | null): boolean {
  return value === null || (Number.isFinite(value) && value >= 0 && value <= 1e12);
}

describe('an answer whose text is sound', () => {
  ollamaTest('of Ollama counts, whatever its other fields are', async ({ server, expect }) => {
    const first = mutated(piece('posi', { logprobs: [{ token: 'posi', logprob: -0.1, top_logprobs: [] }] }), [
      'model',
      'created_at',
      'logprobs',
      'thinking',
    ]);
    const last = mutated(end(), [...numbers, 'model', 'created_at', 'done_reason', 'logprobs', 'message', 'error']).map(
      (chunk) => {
        const isText = typeof chunk.message === 'object' && chunk.message !== null && !Array.isArray(chunk.message);
        const message = isText || chunk.message === undefined ? chunk.message : null;
        return { ...chunk, message, error: null };
      },
    );
    await fc.assert(
      fc.asyncProperty(first, last, async (begin, finish) => {
        server.on('chat', () => lines(begin, piece('tive'), finish));
        const answer = await server.model().ask(question({ topLogprobs: 5 }), unaborted());
        expect(answer.text).toBe('positive');
        const { usage, durations } = answer;
        expect([usage.promptTokens, usage.completionTokens, durations.queueMs, durations.loadMs].every(isSound)).toBe(
          true,
        );
      }),
      { numRuns: 50 },
    );
  });

  openai.test("of an API like OpenAI's counts, whatever its other fields are", async ({ server, expect }) => {
    const fields = ['id', 'object', 'created', 'model', 'usage', 'system_fingerprint', 'service_tier'];
    const chunk = (content: string, finish: string | null) =>
      fc
        .tuple(
          mutated(openai.piece(content), fields),
          mutated({ index: 0, finish_reason: finish, logprobs: null }, ['index', 'finish_reason', 'logprobs']),
          mutated({ role: 'assistant' }, ['role', 'refusal', 'reasoning', 'reasoning_content', 'tool_calls']),
        )
        .map(([whole, choice, delta]) => {
          const { refusal, ...rest } = delta;
          const plain = typeof refusal === 'string' ? rest : delta;
          return { ...whole, object: 'chat.completion.chunk', choices: [{ ...choice, delta: { ...plain, content } }] };
        });
    await fc.assert(
      fc.asyncProperty(chunk('posi', null), chunk('tive', 'stop'), async (first, last) => {
        server.on('chat/completions', () => openai.events(first, last, openai.done));
        const answer = await server.model().ask(question({ topLogprobs: 5 }), unaborted());
        expect(answer.text).toBe('positive');
        expect([answer.usage.promptTokens, answer.usage.completionTokens].every(isSound)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  ollamaTest('of a service counts, whatever its other fields are', async ({ expect }) => {
    const body = mutated({ label: 'positive', confidence: 0.5, rationale: 'so', usage: { prompt_tokens: 1 } }, [
      'confidence',
      'rationale',
      'usage',
      'sentiment',
    ]);
    await fc.assert(
      fc.asyncProperty(body, async (result) => {
        const model = httpService({ host: 'http://service.test', fetch: async () => HttpResponse.json(result) });
        const answer = await model.ask(question(), unaborted());
        expect(answer.text).toBe('positive');
        expect(answer.confidence === undefined || (answer.confidence >= 0 && answer.confidence <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

openai.test('an answer that the server has ended is complete without a reason', async ({ server, expect }) => {
  server.on('chat/completions', () => openai.events(openai.piece('positive'), openai.done));
  expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: 'positive', finishReason: 'other' });
});

openai.test.for(['reasoning', 'reasoning_content'])(
  'text only in the field %s is told as reasoning',
  async (field, { server, expect }) => {
    server.on('chat/completions', () =>
      openai.events(
        openai.piece(null, { delta: { content: '', [field]: 'Hmm, positive' } }),
        openai.finish(),
        openai.done,
      ),
    );
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: '', thought: true });
  },
);
