import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An Ollama server on 127.0.0.1 that answers completions with `positive`, `negative` or `neutral` and their probabilities. */
export interface ProbableOllama {
  readonly host: string;
  /** Questions so far. */
  readonly asked: number;
  /** Of these, with a wish for probabilities. */
  readonly requested: number;
  /** Without them it is like a server of before 0.12.11. */
  givesProbabilities: boolean;
  close(): Promise<void>;
}

/**
 * Starts one; the probability of `positive` is read off the last review of the prompt, as in `review 7: 0.65`, or those of
 * all three labels, as in `review 7: 0.5 0.2 0.3`.
 */
export async function startProbableOllama(): Promise<ProbableOllama> {
  let asked = 0;
  let requested = 0;
  const server: Server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    const replies: Readonly<Record<string, object>> = {
      '/api/version': { version: '0.12.11' },
      '/api/show': { capabilities: ['completion'] },
      '/api/tags': { models: [{ name: 'small' }] },
    };
    const known = replies[request.url ?? ''];
    if (body.stream === true) asked += 1;
    if (body.logprobs === true) requested += 1;
    const reply = known ?? answerOf(String(body.prompt), fake.givesProbabilities);
    response.writeHead(200, { 'content-type': known ? 'application/json' : 'application/x-ndjson' });
    response.end(`${JSON.stringify(reply)}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    get requested() {
      return requested;
    },
    givesProbabilities: true,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

function answerOf(prompt: string, givesProbabilities: boolean): object {
  const named = /(?:0\.\d+ ?)+(?=\s*Sentiment:$)/.exec(prompt)?.[0] ?? '0.9';
  const [positive = 0, ...others] = named.trim().split(' ').map(Number);
  const shares = others.length > 0 ? [positive, ...others] : [positive, 1 - positive];
  const listed = [' positive', ' negative', ' neutral']
    .slice(0, shares.length)
    .map((token, position) => ({ token, logprob: Math.log(shares[position] ?? 0) }));
  const own = listed.find(({ logprob }) => logprob === Math.log(Math.max(...shares)));
  const answer = { model: 'small', response: own?.token, done: true, done_reason: 'length', eval_count: 1 };
  return givesProbabilities ? { ...answer, logprobs: [{ ...own, top_logprobs: listed }] } : answer;
}
