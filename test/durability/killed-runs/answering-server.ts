import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Labels that the server answers with. */
export const labels = ['positive', 'neutral', 'negative'] as const;

/** The prompt that its questions are made with: the server finds the review in it. */
export const prompt = `---
labels: [${labels.join(', ')}]
mode: chat
output:
  format: enum
---
{{role "user"}}
Review: {{review}}
Sentiment:`;

/** An Ollama server over real HTTP whose answer to a text is always the same; it counts what it is asked. */
export interface AnsweringServer {
  readonly host: string;
  /** Questions that came, by text; loading the model is none. */
  readonly questions: ReadonlyMap<string, number>;
  /** Their sum. */
  readonly asked: number;
  /** Told after each question with their number so far. */
  onQuestion: (asked: number) => void;
  /** Breaks all connections and refuses new ones. */
  close(): Promise<void>;
}

/** What the server says about a text, and how sure it is of it. */
export function answerTo(text: string): { readonly label: string; readonly probability: number; readonly ms: number } {
  const [first = 0, second = 0, third = 0] = createHash('sha256').update(text).digest();
  return { label: labels[first % labels.length] ?? '', probability: 0.5 + second / 520, ms: 2 + (third % 7) };
}

const known: Readonly<Record<string, object>> = {
  '/api/version': { version: '0.12.11' },
  '/api/show': { capabilities: ['completion'] },
  '/api/tags': { models: [{ name: 'small:latest', digest: 'd1' }] },
  '/api/ps': { models: [] },
};

/** Starts one on a free port. @param contentOf what it answers to a question, in place of a label */
export async function startAnsweringServer(contentOf?: (question: string) => string): Promise<AnsweringServer> {
  const questions = new Map<string, number>();
  const answers = new Set<NodeJS.Timeout>();
  const server = createServer(reply);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answering = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    questions,
    asked: 0,
    onQuestion: (_: number) => {},
    async close() {
      for (const answer of answers) clearTimeout(answer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return answering;

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that is killed in the middle of a question is what this server is for.
    const body = await request.toArray().catch(() => undefined);
    if (body === undefined) return;
    const send = (value: object) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
    const asked = body.length === 0 ? {} : JSON.parse(Buffer.concat(body).toString());
    const found = known[request.url ?? ''] ?? (asked.prompt === '' ? { response: '', done: true } : undefined);
    if (found) return send(found);
    const text = textIn(String(asked.messages?.at(-1)?.content));
    questions.set(text, (questions.get(text) ?? 0) + 1);
    answering.asked += 1;
    answering.onQuestion(answering.asked);
    const answer = setTimeout(() => {
      answers.delete(answer);
      if (!response.destroyed) send(contentOf ? answerLine(text, contentOf(text)) : lastLine(text));
    }, answerTo(text).ms);
    answers.add(answer);
  }
}

function textIn(question: string): string {
  return /^Review: ([\s\S]*)\nSentiment:$/.exec(question)?.[1] ?? question;
}

function lastLine(text: string): object {
  const { label, probability } = answerTo(text);
  const rest = labels.filter((other) => other !== label);
  const listed = [label, ...rest].map((name) => ({
    token: JSON.stringify(name),
    logprob: Math.log(name === label ? probability : (1 - probability) / rest.length),
  }));
  return { ...answerLine(text, JSON.stringify(label)), logprobs: [{ ...listed[0], top_logprobs: listed }] };
}

function answerLine(text: string, content: string): object {
  return {
    model: 'small',
    message: { role: 'assistant', content },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: text.length,
    prompt_eval_duration: 1e6,
    eval_count: 1,
    eval_duration: 1e6,
    total_duration: 2e6,
  };
}
