/**
 * A good Ollama server: it answers every question after 5 ms, however many there are. It runs in a process of its own,
 * sends its port, and ends with its parent.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const answerMs = 5;

/** What it says about itself, at once. */
const facts: Readonly<Record<string, unknown>> = {
  '/api/version': { version: '0.12.11' },
  '/api/show': { capabilities: ['completion'] },
  '/api/tags': { models: [{ name: 'small' }] },
  '/api/ps': { models: [{ name: 'small', model: 'small', size: 1, size_vram: 1 }] },
  '/api/generate': { model: 'small', response: '', done: true },
};

const chunks = [
  { model: 'small', message: { role: 'assistant', content: '"positive"' }, done: false },
  {
    model: 'small',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'stop',
    total_duration: 5e6,
    load_duration: 1e5,
    prompt_eval_count: 200,
    prompt_eval_duration: 3e6,
    eval_count: 3,
    eval_duration: 1e6,
  },
];
const answer = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('');

function serve(): void {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const fact = facts[request.url ?? ''];
      if (fact) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(fact));
        return;
      }
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(answer);
      }, answerMs);
    });
  });
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

if (process.send) serve();
