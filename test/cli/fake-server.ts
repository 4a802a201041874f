import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An Ollama server for programs that run as processes of their own: it finds everything positive, unless told otherwise. */
export interface FakeServer {
  readonly host: string;
  /** Questions that were answered. */
  readonly answered: number;
  /** Called after each answer with their number. */
  onAnswer: (answered: number) => void;
  /** Breaks all connections and refuses new ones. */
  stop(): Promise<void>;
  /** Listens at the same port again. */
  restart(): Promise<void>;
}

export interface FakeServerOptions {
  /** Time for an answer, in milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** It has the model. @default true */
  readonly hasModel?: boolean;
  /** It lacks those of these names. @default none */
  readonly lacks?: readonly string[];
  /** What it says to a question, given as it came. @default positive */
  readonly answer?: (question: string) => string;
  /** What it lists, and how large that is. @default another */
  readonly models?: readonly { readonly name: string; readonly size?: string }[];
  /** What tells the weights of `small` from others. @default it does not list that model */
  readonly digest?: () => string;
}

export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const { latencyMs = 0, hasModel = true, lacks = [], answer = () => 'positive', digest } = options;
  const { models = [{ name: 'another' }] } = options;
  let server: Server;
  let port = 0;
  const listen = async () => {
    server = createServer(reply);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const fake = {
    host: '',
    answered: 0,
    onAnswer: (_: number) => {},
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      if (server.listening) await closed;
    },
    restart: listen,
  };

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await request
      .setEncoding('utf8')
      .toArray()
      .catch(() => []);
    const asked = body.join('');
    const json = (value: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/api/version') return void json({ version: '0.12.11' });
    if (request.url === '/api/tags') {
      const small = digest ? [{ name: 'small:latest', digest: digest() }] : [];
      const listed = models.map(({ name, size }) => ({ name, details: { parameter_size: size } }));
      return void json({ models: [...listed, ...small] });
    }
    if (!hasModel || lacks.some((name) => asked.includes(`"${name}"`)))
      return void json({ error: "model 'small' not found" }, 404);
    if (request.url === '/api/show') return void json({ capabilities: ['completion'] });
    if (request.url === '/api/generate') return void json(last(''));
    if (!asked.includes('"stream":true')) return void json({ error: 'what?' }, 400);
    setTimeout(() => {
      if (response.destroyed) return;
      response
        .writeHead(200, { 'content-type': 'application/x-ndjson' })
        .end(`${JSON.stringify(last(answer(asked)))}\n`);
      fake.answered += 1;
      fake.onAnswer(fake.answered);
    }, latencyMs);
  }

  await listen();
  fake.host = `http://127.0.0.1:${port}`;
  return fake;
}

function last(content: string): object {
  return {
    model: 'small',
    message: { role: 'assistant', content },
    response: content,
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 20,
    eval_count: 1,
  };
}
