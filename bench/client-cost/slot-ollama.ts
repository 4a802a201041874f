/**
 * An Ollama server with a fixed number of slots, each of which holds a request for the same time; the others wait in a FIFO
 * queue. It streams its answer token by token, or sends it as one object, as Ollama does, with log-probabilities where they
 * are requested. It runs in a process of its own: `fork('slot-ollama.ts', [slots, holdMs])`. It sends its port, and for each
 * message `report` how many requests it has answered since the last one, and for how long each held its slot.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SlotReport = { readonly answered: number; readonly meanHeldMs: number };
export type SlotMessage = { readonly port: number } | SlotReport;

interface Request {
  readonly model: string;
  readonly messages?: readonly { readonly content: string }[];
  readonly prompt?: string;
  readonly stream?: boolean;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
}

/** What it says of itself, at once. */
const facts: Readonly<Record<string, unknown>> = {
  '/api/version': { version: '0.12.11' },
  '/api/show': {
    capabilities: ['completion'],
    model_info: { 'general.architecture': 'llama', 'llama.context_length': 8192 },
  },
  '/api/tags': { models: [{ name: 'small:latest', model: 'small:latest', digest: 'a'.repeat(64) }] },
  '/api/ps': {
    models: [{ name: 'small:latest', model: 'small:latest', size: 1, size_vram: 1, context_length: 65_536 }],
  },
};

const labels = ['positive', 'neutral', 'negative'];

/** The part of a request's time before its first token. */
const promptShare = 0.7;

function serve(slots: number, holdMs: number): void {
  const queue: (() => void)[] = [];
  let free = slots;
  let answered = 0;
  let heldMs = 0;
  /** How late timers are, in milliseconds: what a slot holds a request for is `holdMs` in the mean. */
  let lateMs = 0;

  /** Calls back at about a moment of this process's clock. */
  const at = (moment: number, callback: () => void) =>
    setTimeout(callback, Math.max(1, Math.round(moment - lateMs - performance.now())));

  const answer = (request: Request, response: ServerResponse) => {
    const startedAt = performance.now();
    const tokens = tokensOf(request);
    const done = () => {
      const took = performance.now() - startedAt;
      heldMs += took;
      answered += 1;
      lateMs = Math.min(5, Math.max(-1, lateMs + (took - holdMs) * 0.05));
      free += 1;
      const last = finalOf(request, took, tokens.length);
      if (request.stream === false) {
        const logprobs = request.logprobs ? { logprobs: tokens.map((token) => logprobOf(token, request)) } : {};
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify({ ...last, ...textOf(request, tokens.join('')), ...logprobs }));
      } else {
        response.end(`${JSON.stringify({ ...last, ...textOf(request, '') })}\n`);
      }
      queue.shift()?.();
    };
    const stepMs = ((1 - promptShare) * holdMs) / tokens.length;
    // One after the other, however late a timer is.
    const sendFrom = (index: number) => {
      const token = tokens[index];
      if (token === undefined) return void at(startedAt + holdMs, done);
      at(startedAt + promptShare * holdMs + index * stepMs, () => {
        if (index === 0) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        const logprobs = request.logprobs ? { logprobs: [logprobOf(token, request)] } : {};
        response.write(
          `${JSON.stringify({ ...headOf(request), ...textOf(request, token), done: false, ...logprobs })}\n`,
        );
        sendFrom(index + 1);
      });
    };
    sendFrom(request.stream === false ? tokens.length : 0);
  };

  const take = (request: Request, response: ServerResponse) => {
    const begin = () => {
      free -= 1;
      answer(request, response);
    };
    if (free > 0) begin();
    else queue.push(begin);
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const fact = facts[request.url ?? ''];
      const body: Request | undefined = fact ? undefined : JSON.parse(Buffer.concat(chunks).toString());
      if (body && (body.messages || body.prompt)) return take(body, response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(fact ?? { model: body?.model, response: '', done: true, done_reason: 'load' }));
    });
  });
  process.on('message', (message) => {
    if (message !== 'report') return;
    process.send?.({ answered, meanHeldMs: heldMs / answered } satisfies SlotMessage);
    answered = 0;
    heldMs = 0;
  });
  process.on('disconnect', () => process.exit());
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

/** A label that depends on the length of the text: as a JSON string for a chat. */
function tokensOf({ messages, prompt = '' }: Request): readonly string[] {
  const { length } = messages?.at(-1)?.content ?? prompt;
  const label = labels[length % labels.length] ?? '';
  return messages ? ['"', label, '"'] : [` ${label}`];
}

function headOf({ model }: Request) {
  return { model, created_at: new Date().toISOString() };
}

function textOf({ messages }: Request, text: string) {
  return messages ? { message: { role: 'assistant', content: text } } : { response: text };
}

/** What the last line of an answer says besides. Times are in nanoseconds. */
function finalOf(request: Request, tookMs: number, tokens: number) {
  const nanoseconds = Math.round(tookMs * 1e6);
  return {
    ...headOf(request),
    done: true,
    done_reason: request.messages ? 'stop' : 'length',
    total_duration: nanoseconds,
    load_duration: Math.round(nanoseconds * 0.02),
    prompt_eval_count: 290,
    prompt_eval_duration: Math.round(nanoseconds * 0.66),
    eval_count: tokens,
    eval_duration: Math.round(nanoseconds * 0.28),
  };
}

function logprobOf(token: string, { top_logprobs: count = 0 }: Request) {
  const entry = (text: string, logprob: number) => ({ token: text, logprob, bytes: [...Buffer.from(text)] });
  const others = Array.from({ length: Math.max(0, count - 1) }, (_, index) => entry(` w${index}`, -6 - index / 4));
  return { ...entry(token, -0.05), top_logprobs: count > 0 ? [entry(token, -0.05), ...others] : [] };
}

if (process.send) {
  const [slots = 1, holdMs = 20] = process.argv.slice(2).map(Number);
  serve(slots, holdMs);
}
