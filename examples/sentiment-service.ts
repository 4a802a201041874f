/**
 * A service of one's own behind the provider `http`: it answers with a label and with how sure it is. The program starts
 * it, asks it about four reviews, and stops it. With `--serve PORT` it goes on, for the command line:
 *
 *   npx tsx examples/sentiment-service.ts
 *   npx tsx examples/sentiment-service.ts --serve 8000
 *   npx chorale analyze examples/reviews.csv --provider http --host http://127.0.0.1:8000
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { parseArgs } from 'node:util';
import { analyzeReviews, createAgent, httpService, loadPrompt } from 'chorale';

/** Stands for your model. */
const weights = new Map(
  Object.entries({ love: 3, best: 3, perfect: 3, good: 2, fine: 1, slow: -1, broke: -2, waste: -3, awful: -3 }),
);

interface Question {
  readonly text: string;
  readonly labels: readonly string[];
}

function classify({ text, labels }: Question) {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const known = words.filter((word) => weights.has(word));
  const score = known.reduce((sum, word) => sum + (weights.get(word) ?? 0), 0);
  const label = score > 0 ? 'positive' : score < 0 ? 'negative' : 'neutral';
  if (!labels.includes(label)) return { error: `'${label}' is none of ${labels.join(', ')}` };
  const rationale = known.length === 0 ? undefined : `it says ${known.join(' and ')}`;
  return { label, confidence: 1 - 1 / (2 + Math.abs(score)), rationale };
}

async function reply(request: IncomingMessage): Promise<readonly [number, object]> {
  const text = Buffer.concat(await request.toArray()).toString();
  if (request.method === 'GET' && request.url === '/health') return [200, { status: 'ok', version: '1.0.0' }];
  if (request.method !== 'POST' || request.url !== '/api/process') return [404, { error: 'no such route' }];
  const answer = classify(JSON.parse(text));
  return ['error' in answer ? 422 : 200, answer];
}

const { serve } = parseArgs({ options: { serve: { type: 'string' } } }).values;
const server = createServer(async (request, response) => {
  const [status, body] = await reply(request).catch((error: Error) => [400, { error: error.message }] as const);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(serve ?? 0), '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;

if (serve !== undefined) {
  console.log(`serving at http://127.0.0.1:${port}`);
} else {
  const model = httpService({ host: `http://127.0.0.1:${port}` });
  const agent = await createAgent({ model, prompt: await loadPrompt('sentiment') });
  const reviews = ['I love it, the best lamp.', 'It broke. A waste of money.', 'It is a lamp.', 'Slow, but good.'];
  const { results, summary } = await analyzeReviews(reviews, { agent, workers: 2 });
  for (const { id, sentiment, confidence, rationale } of results) {
    console.log(`[${id}] ${sentiment} ${confidence?.toFixed(2)} ${rationale ?? ''}`.trimEnd());
  }
  console.log(`${summary.succeeded} of ${summary.items} answered by ${summary.provider}`);
  await model.close();
  server.close();
}
