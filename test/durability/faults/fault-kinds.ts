import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '../../../src/foundation/errors/chorale-error.js';

/** A way in which a server goes wrong, and what must become of it. */
export interface FaultKind {
  readonly name: string;
  /** The failure that the model reports; null where the answer is right all the same. */
  readonly code: ErrorCode | null;
  /** Whether the next attempt is made: after a wrong answer once. */
  readonly retried: boolean | 'once';
  /** What happens on the wire. */
  readonly act: (response: ServerResponse) => void;
}

const chunk = (content: string) =>
  `${JSON.stringify({ model: 'small', message: { role: 'assistant', content }, done: false })}\n`;
const last = `${JSON.stringify({
  model: 'small',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
  total_duration: 5e6,
  load_duration: 1e6,
  prompt_eval_count: 20,
  prompt_eval_duration: 2e6,
  eval_count: 3,
  eval_duration: 2e6,
})}\n`;

/** The label that the server gives a review. */
export const rightLabel = 'negative';

/** A right answer, in pieces. */
export function answerWell(response: ServerResponse): void {
  begin(response, chunk('"nega'), chunk('tive"'));
  response.end(last);
}

function begin(response: ServerResponse, ...chunks: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  for (const text of chunks) response.write(text);
}

/** Ends the connection with a reset once what was written has left. */
function resetAfter(response: ServerResponse, ...chunks: readonly string[]): void {
  begin(response, ...chunks);
  response.write('', () => response.socket?.resetAndDestroy());
}

function refuse(status: number, problem: string, headers: Record<string, string> = {}) {
  return (response: ServerResponse) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error: problem }));
}

const cutOff = { code: 'CHORALE_MODEL_CUT_OFF', retried: true } as const;
const busy = { code: 'CHORALE_MODEL_BUSY', retried: true } as const;
const nonsense = { code: 'CHORALE_MODEL_RESPONSE', retried: true } as const;
const failed = { code: 'CHORALE_MODEL_FAILED', retried: true } as const;
const rejected = { code: 'CHORALE_MODEL_REJECTED', retried: false } as const;
const wrong = { code: 'CHORALE_ANSWER_INVALID', retried: 'once' } as const;

/** Everything that a server may do to one request. A refused connection and an unknown name are no request. */
export const faultKinds: readonly FaultKind[] = [
  {
    name: 'reset before the headers',
    code: 'CHORALE_MODEL_UNAVAILABLE',
    retried: true,
    act: (response) => void response.socket?.resetAndDestroy(),
  },
  { name: 'reset after the headers', ...cutOff, act: (response) => resetAfter(response) },
  { name: 'reset after a token', ...cutOff, act: (response) => resetAfter(response, chunk('"nega')) },
  {
    name: 'reset inside a line',
    ...cutOff,
    act: (response) => resetAfter(response, chunk('"nega'), chunk('tive"').slice(0, 20)),
  },
  {
    name: 'reset before the last line',
    ...cutOff,
    act: (response) => resetAfter(response, chunk('"nega'), chunk('tive"')),
  },
  {
    name: 'end without the last line',
    ...cutOff,
    act: (response) => {
      begin(response, chunk('"negative"'));
      response.end();
    },
  },
  {
    name: 'half a JSON line at the end',
    ...cutOff,
    act: (response) => {
      begin(response, chunk('"negative"'));
      response.end(last.slice(0, 40));
    },
  },
  { name: 'no headers', code: 'CHORALE_MODEL_SILENT', retried: true, act: () => {} },
  { name: 'headers and no token', code: 'CHORALE_MODEL_SILENT', retried: true, act: (response) => begin(response) },
  {
    name: 'a stream that stalls',
    code: 'CHORALE_MODEL_TIMEOUT',
    retried: false,
    act: (response) => begin(response, chunk('"nega')),
  },
  {
    name: 'a body that never ends',
    code: 'CHORALE_MODEL_TIMEOUT',
    retried: false,
    act(response) {
      begin(response, chunk('"n'));
      let drops = 0;
      // No two the same: a model that repeats itself is another fault.
      const drip = setInterval(() => response.write(chunk(`${++drops} `)), 10);
      response.once('close', () => clearInterval(drip));
    },
  },
  {
    name: 'garbage',
    ...nonsense,
    act: (response) => {
      begin(response, '\u0000\u0007garbage\n');
      response.end(last);
    },
  },
  {
    name: 'garbage after a token',
    ...nonsense,
    act: (response) => {
      begin(response, chunk('"nega'), '}{\n');
      response.end(last);
    },
  },
  {
    name: 'an error line under 200',
    ...failed,
    act: (response) => {
      begin(response, chunk('"nega'));
      response.end('{"error":"the runner has stopped"}\n');
    },
  },
  {
    name: 'a page of HTML',
    ...nonsense,
    act: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  },
  { name: '429 with Retry-After', ...busy, act: refuse(429, 'slow down', { 'retry-after': '0' }) },
  { name: '429 without Retry-After', ...busy, act: refuse(429, 'slow down') },
  { name: '500', ...failed, act: refuse(500, 'model runner has unexpectedly stopped') },
  { name: '400', ...rejected, act: refuse(400, 'no such option') },
  { name: '408', ...busy, act: refuse(408, 'request timeout') },
  { name: '502', ...busy, act: refuse(502, 'bad gateway') },
  { name: '503', ...busy, act: refuse(503, 'loading') },
  {
    name: '503 because the queue is full',
    ...busy,
    act: refuse(503, 'server busy, maximum pending requests exceeded'),
  },
  { name: '504', ...busy, act: refuse(504, 'gateway timeout') },
  { name: '520', ...busy, act: refuse(520, 'unknown error') },
  { name: '524', ...busy, act: refuse(524, 'a timeout occurred') },
  { name: '529', ...busy, act: refuse(529, 'overloaded') },
  {
    name: 'a host ten times slower',
    code: null,
    retried: false,
    act: (response) => void setTimeout(() => answerWell(response), 20),
  },
  {
    name: 'a wrong answer at once',
    ...wrong,
    act: (response) => {
      begin(response, chunk('"bananas"'));
      response.end(last);
    },
  },
];
