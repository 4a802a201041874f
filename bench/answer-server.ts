/**
 * A good Ollama server: it answers every question after 5 ms, however many there are. It runs in a process of its own,
 * sends its port, and ends with its parent.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const answerMs = 5;

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
      if (request.url === '/api/show') {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"capabilities":["completion"]}');
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
