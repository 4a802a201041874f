import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { end, lines, test as ollamaTest, piece, question, unaborted } from '../ollama/fake-ollama.js';
import * as openai from '../openai/fake-openai.js';

const wanted = question({ topLogprobs: 10 });
const says = 'Internal server error: Out of range float values are not JSON compliant';
const caveat =
  /the server fails when token probabilities are requested: \d+ answers? came without them, with no confidence/;

type Sent = { readonly body: Record<string, unknown> };

const asksFor = ({ body }: Sent) => body.logprobs === true || typeof body.logprobs === 'number';

describe("a server like OpenAI's that breaks when token probabilities are requested", () => {
  const breaks: [string, () => Response][] = [
    ['500, with a reason', () => openai.refusal(500, says)],
    ['500, without', () => openai.refusal(500, 'internal error')],
    ['400', () => openai.refusal(400, 'bad request')],
    ['an empty answer', () => openai.events(openai.finish(), openai.done)],
    ['a stream that breaks', () => openai.events(openai.piece('posi'))],
    ['a stream with NaN', () => openai.events('data: {"choices":[{"delta":{"content":"x"},"logprobs":NaN}]}\n\n')],
    ['an error in the stream', () => openai.events({ error: { message: says, code: 500 } })],
  ];

  openai.test.for(breaks)('is asked without them, and that is told: %s', async ([, reply], { server, expect }) => {
    server.on('chat/completions', (sent) => (asksFor(sent) ? reply() : openai.answer('positive')));
    const model = server.model();
    for (let time = 0; time < 8; time += 1) {
      expect(await model.ask(wanted, unaborted())).toMatchObject({ text: 'positive', logprobs: null });
    }
    // Found out once, or three times where the server does not name them.
    expect(server.questions.filter(asksFor).length).toBeLessThanOrEqual(3);
    expect(model.caveat).toMatch(caveat);
  });

  openai.test('is not confused with one that fails anyway', async ({ server, expect }) => {
    server.on('chat/completions', () => openai.refusal(500, 'internal error'));
    const model = server.model();
    for (let time = 0; time < 8; time += 1) {
      await expect(model.ask(wanted, unaborted())).rejects.toMatchObject({ problem: 'internal error' });
    }
    expect(server.questions.filter((sent) => !asksFor(sent)).length).toBeLessThanOrEqual(2);
    expect(model.caveat).toBeNull();
  });

  openai.test('nor with one that fails now and then', async ({ server, expect }) => {
    let asked = 0;
    server.on('chat/completions', () => {
      asked += 1;
      return asked % 5 === 0 ? openai.refusal(500, 'the runner stopped') : openai.answer('positive');
    });
    const model = server.model();
    for (let time = 0; time < 20; time += 1) await model.ask(wanted, unaborted()).catch(() => {});
    expect(server.questions.every(asksFor)).toBe(true);
    expect(model.caveat).toBeNull();
  });

  openai.test('nor with one whose runner crashed under the first requests', async ({ server, expect }) => {
    let crashed = true;
    server.on('chat/completions', (sent) => {
      if (crashed && asksFor(sent)) return openai.refusal(500, 'the runner stopped');
      return openai.answer('positive');
    });
    const model = server.model();
    await Promise.all(Array.from({ length: 8 }, () => model.ask(wanted, unaborted())));
    crashed = false;
    await model.ask(wanted, unaborted());
    expect(asksFor(server.questions.at(-1) as Sent)).toBe(true);
  });

  openai.test('on some texts only gives the others their probabilities', async ({ server, expect }) => {
    let asked = 0;
    server.on('chat/completions', (sent) => {
      asked += 1;
      return asked === 3 && asksFor(sent) ? openai.refusal(500, says) : openai.answer('positive');
    });
    const model = server.model();
    for (let time = 0; time < 6; time += 1) expect((await model.ask(wanted, unaborted())).text).toBe('positive');
    expect(server.questions.filter((sent) => !asksFor(sent))).toHaveLength(1);
    expect(model.caveat).toMatch(/1 answer came/);
  });
});

describe('an Ollama server that breaks when token probabilities are requested', () => {
  ollamaTest.for<[string, () => Response]>([
    ['500', () => HttpResponse.json({ error: says }, { status: 500 })],
    ['an error in the stream', () => lines(piece('posi'), { error: says })],
    ['an empty answer', () => lines(end())],
    ['a stream that breaks', () => lines(piece('posi'))],
    ['a line that is none', () => lines('{"message":{"content":"x"},"logprobs":[NaN]}\n')],
  ])('is asked without them, and that is told: %s', async ([, reply], { server, expect }) => {
    server.on('chat', (sent) => (asksFor(sent) ? reply() : lines(piece('positive'), end())));
    const model = server.model();
    for (let time = 0; time < 6; time += 1) {
      expect(await model.ask(wanted, unaborted())).toMatchObject({ text: 'positive', logprobs: null });
    }
    expect(server.questions.filter(asksFor).length).toBeLessThanOrEqual(3);
    expect(model.caveat).toMatch(caveat);
  });
});
