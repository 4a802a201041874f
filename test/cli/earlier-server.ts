import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does in place of an answer. */
export type Fault = 'busy' | 'refused' | 'vague' | 'silent';

/**
 * A server of three APIs (Ollama's, OpenAI's, and that of a service of one's own) that says the same of a text whenever it
 * is asked: the recorded runs of `test/fixtures/version-0.1` were made with it.
 */
export interface EarlierServer {
  readonly host: string;
  /** The reviews that it was asked about, each as often as it was. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The faults of an attempt, counted from 1, at a review that has them in its text. */
export function faultIn(review: string, attempt: number): Fault | undefined {
  if (/crowded/.test(review)) return attempt === 1 ? 'busy' : undefined;
  if (/locked/.test(review)) return 'refused';
  return /who knows/.test(review) ? 'vague' : undefined;
}

const everyLabel = ['positive', 'neutral', 'negative'];

/** What a model says of a review, and how sure it is. Now and then it is wrong. */
function judge(model: string, review: string, labels: readonly string[]) {
  const [first = 0, second = 0] = createHash('sha256').update(`${model} ${review}`).digest();
  const likely = /love|great|best/i.test(review)
    ? 'positive'
    : /hate|broke|worst/i.test(review)
      ? 'negative'
      : 'neutral';
  const isRight = labels.includes(likely) && first >= 50;
  const label = isRight ? likely : (labels[first % labels.length] ?? '');
  const probability = 0.5 + (isRight ? 0.25 + second / 1_100 : second / 1_100);
  const shares = labels.map((name) => (name === label ? probability : (1 - probability) / (labels.length - 1)));
  return { label, shares, rationale: `It says “${review.slice(0, 12)}”.` };
}

/** Starts one on a free port. @param fault what it does to an attempt, counted from 1, at a review */
export async function startEarlierServer(
  fault: (review: string, attempt: number) => Fault | undefined = () => undefined,
): Promise<EarlierServer> {
  const asked: string[] = [];
  const server = createServer(reply);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await request.toArray().catch(() => []);
    const question = body.length === 0 ? {} : JSON.parse(Buffer.concat(body).toString());
    const json = (value: object, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
    const known = facts[request.url ?? ''];
    if (known) return json(known);
    if (question.prompt === '') return json({ response: '', done: true });
    const review = reviewIn(question);
    asked.push(review);
    const done = fault(review, asked.filter((text) => text === review).length);
    if (done === 'silent') return;
    if (done === 'busy') return json({ error: 'there are too many' }, 503);
    if (done === 'refused') return json({ error: 'not this one' }, 400);
    const labels = everyLabel.filter((label) => JSON.stringify(question).includes(label));
    const said = judge(String(question.model), review, labels);
    const answer = done === 'vague' ? { ...said, label: 'perhaps' } : said;
    if (request.url === '/api/process') return json(ofService(answer, review));
    if (request.url === '/v1/chat/completions') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.end(`data: ${JSON.stringify(ofOpenAI(answer, review))}\n\ndata: [DONE]\n\n`);
    }
    return json(ofOllama(answer, review, question, labels));
  }
}

const facts: Readonly<Record<string, object>> = {
  '/api/version': { version: '0.12.11' },
  '/api/show': { capabilities: ['completion'] },
  '/api/tags': { models: ['small', 'large'].map((name) => ({ name: `${name}:latest`, digest: `sha256:${name}` })) },
  '/api/ps': { models: [] },
  '/v1/models': { data: [{ id: 'small' }, { id: 'large' }] },
  '/health': { version: '2.0' },
};

/** The review is the last one of the question. */
function reviewIn({
  text,
  prompt,
  messages,
}: {
  text?: string;
  prompt?: string;
  messages?: { content: string }[];
}): string {
  const question = text ?? prompt ?? messages?.at(-1)?.content ?? '';
  return (question.split('Review: ').at(-1) ?? '').replace(/\nSentiment:$/, '');
}

type Answer = ReturnType<typeof judge>;

/** The probability of all labels together. */
const labelMass = 0.98;

function asObject({ label, rationale }: Answer): string {
  return JSON.stringify({ rationale, sentiment: label });
}

function ofService({ label, shares, rationale }: Answer, review: string): object {
  const usage = { prompt_tokens: review.length, completion_tokens: 4 };
  return { label, confidence: Number(Math.max(...shares).toFixed(3)), rationale, usage };
}

function ofOpenAI(answer: Answer, review: string): object {
  const choices = [{ index: 0, delta: { content: asObject(answer) }, finish_reason: 'stop' }];
  return { choices, usage: { prompt_tokens: review.length + 20, completion_tokens: 9 } };
}

/** Times in nanoseconds. */
function ofOllama(answer: Answer, review: string, question: { prompt?: string }, labels: readonly string[]): object {
  const isCompletion = question.prompt !== undefined;
  const content = isCompletion ? ` ${answer.label}` : asObject(answer);
  const listed = labels.map((label, place) => ({
    token: ` ${label}`,
    logprob: Math.log((answer.shares[place] ?? 0) * labelMass),
  }));
  const own = listed.find(({ token }) => token === content);
  return {
    model: 'small',
    ...(isCompletion ? { response: content } : { message: { role: 'assistant', content } }),
    done: true,
    done_reason: 'stop',
    total_duration: 9e6,
    load_duration: 1e6,
    prompt_eval_count: review.length + 10,
    prompt_eval_duration: 2e6,
    eval_count: isCompletion ? 1 : 12,
    eval_duration: 3e6,
    ...(own ? { logprobs: [{ ...own, top_logprobs: listed }] } : {}),
  };
}
