import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { vi } from 'vitest';
import { httpService } from '../../../src/model/http-service.js';
import { ollamaServer } from '../../../src/model/ollama/manage-models.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { hostOfNobody, type RealServer, test as realTest } from '../ollama/real-server.js';
import { beginAnswer, ollamaProvider } from '../providers.js';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

interface Proxy {
  readonly url: string;
  /** Request lines that it got, as in `POST http://far.test/api/chat`. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
  /** What it says instead of passing a request on. */
  refusal: number | undefined;
}

/** A proxy that sends whatever it gets to one server. */
async function startProxy(target: string): Promise<Proxy & { readonly server: Server }> {
  const { port } = new URL(target);
  const proxy = {
    asked: [] as string[],
    authorizations: [] as (string | undefined)[],
    refusal: undefined as number | undefined,
  };
  const server = createServer((request, response) => {
    proxy.asked.push(`${request.method} ${request.url}`);
    proxy.authorizations.push(request.headers['proxy-authorization']);
    if (proxy.refusal !== undefined) return void response.writeHead(proxy.refusal).end();
    const { pathname } = new URL(request.url ?? '');
    const { method, headers } = request;
    const onward = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    proxy.asked.push(`CONNECT ${request.url}`);
    if (proxy.refusal !== undefined) return void socket.end(`HTTP/1.1 ${proxy.refusal} No\r\n\r\n`);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(proxy, { url, server });
}

/** A test with a server, and a proxy before it, in an environment that names no proxy yet. */
const test = realTest.extend<{ proxy: Proxy }>({
  proxy: async ({ server }, use) => {
    for (const name of variables) vi.stubEnv(name, undefined);
    const proxy = await startProxy(server.host);
    await use(proxy);
    proxy.server.closeAllConnections();
    proxy.server.close();
    vi.unstubAllEnvs();
  },
});

const far = 'http://far.test:11434';

function answerAsOllama(server: RealServer) {
  server.answer((response) => {
    beginAnswer(ollamaProvider, response, ...ollamaProvider.pieces);
    response.end();
  });
}

test.for(['HTTP_PROXY', 'http_proxy'])('%s is used for servers elsewhere', async (name, { server, proxy, expect }) => {
  vi.stubEnv(name, proxy.url);
  answerAsOllama(server);
  const model = ollama({ model: 'small', host: far });
  expect((await model.ask(question(), unaborted())).text).toBe('positive');
  expect(proxy.asked).toEqual([`POST ${far}/api/show`, `POST ${far}/api/chat`]);
  await model.close();
});

test('every provider uses it', async ({ server, proxy, expect }) => {
  vi.stubEnv('HTTP_PROXY', proxy.url);
  server.answer((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      '{"version":"1","label":"positive","choices":[{"message":{"content":"positive"},"finish_reason":"stop"}]}',
    );
  });
  const service = httpService({ host: 'http://far.test' });
  const openai = openaiCompatible({ model: 'small', host: 'http://far.test' });
  const pulls = ollamaServer({ host: far });
  expect((await service.ask(question(), unaborted())).text).toBe('positive');
  expect((await openai.ask(question(), unaborted())).text).toBe('positive');
  expect(await pulls.version(unaborted())).toBe('1');
  expect(proxy.asked).toHaveLength(3);
  await Promise.all([service.close(), openai.close(), pulls.close()]);
});

test.for(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])(
  'it is never used for this machine: %s',
  async (name, { server, proxy, expect }) => {
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    answerAsOllama(server);
    const model = ollama({ model: 'small', host: server.host.replace('127.0.0.1', name) });
    expect((await model.ask(question(), unaborted())).text).toBe('positive');
    expect(proxy.asked).toEqual([]);
    await model.close();
  },
);

test.for(['far.test', '.test', '*', 'other.test, far.test:11434'])(
  'nor for what NO_PROXY names: %s',
  async (list, { proxy, expect }) => {
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', list);
    const model = ollama({ model: 'small', host: far });
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'the name is not known' });
    expect(proxy.asked).toEqual([]);
    await model.close();
  },
);

test('an empty variable is none', async ({ proxy, expect }) => {
  vi.stubEnv('HTTP_PROXY', '');
  const model = ollama({ model: 'small', host: far });
  await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ problem: 'the name is not known' });
  expect(proxy.asked).toEqual([]);
  await model.close();
});

test('a secure server is reached through a tunnel, and a proxy that refuses it is named', async ({ proxy, expect }) => {
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  proxy.refusal = 403;
  const model = openaiCompatible({ model: 'small', host: 'https://far.test/v1' });
  await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
    code: 'CHORALE_MODEL_UNAVAILABLE',
    problem: `the proxy ${proxy.url} of the environment answered HTTP 403`,
  });
  expect(proxy.asked).toEqual(['CONNECT far.test:443']);
  await model.close();
});

test('the credentials of a proxy go to it, and are printed nowhere', async ({ server, proxy, expect }) => {
  vi.stubEnv('HTTP_PROXY', proxy.url.replace('//', '//ann:s3cret@'));
  answerAsOllama(server);
  const model = ollama({ model: 'small', host: far });
  await model.ask(question(), unaborted());
  expect(proxy.authorizations[0]).toBe(`Basic ${Buffer.from('ann:s3cret').toString('base64')}`);
  proxy.refusal = 407;
  const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: `no model server answers at ${far} (the proxy ${proxy.url} of the environment wants credentials (HTTP 407)); correct HTTP_PROXY or HTTPS_PROXY, or name the server in NO_PROXY`,
  });
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('s3cret');
  await model.close();
});

test('a proxy that nobody can reach is named as the proxy', async ({ proxy: _, expect }) => {
  const nobody = await hostOfNobody();
  vi.stubEnv('HTTP_PROXY', nobody.replace('//', '//ann:s3cret@'));
  const model = ollama({ model: 'small', host: far });
  const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ problem: `the proxy ${nobody} of the environment: connection refused` });
  expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('s3cret');
  vi.stubEnv('HTTP_PROXY', 'proxy.invalid:3128');
  const other = ollama({ model: 'small', host: far });
  await expect(other.ask(question(), unaborted())).rejects.toMatchObject({
    problem: 'the proxy http://proxy.invalid:3128 of the environment: the name is not known',
  });
  await Promise.all([model.close(), other.close()]);
});

test.for(['http://', 'ftp://proxy', 'http://ann:s3cret@:80'])(
  'a proxy that is no address is refused before anything is sent: %s',
  (written, { proxy: _, expect }) => {
    vi.stubEnv('HTTP_PROXY', written);
    expect(() => ollama({ model: 'small', host: far })).toThrow(
      /HTTP_PROXY must be the address of a proxy such as http:\/\/proxy:3128/,
    );
    expect(() => ollama({ model: 'small', host: far })).not.toThrow(/s3cret/);
  },
);

test('as many requests as without it are open at once, and none has a limit of time', async ({
  server,
  proxy,
  expect,
}) => {
  vi.stubEnv('HTTP_PROXY', proxy.url);
  let open = 0;
  const replies: (() => void)[] = [];
  const all = new Promise<void>((resolve) => {
    server.answer((response) => {
      open += 1;
      replies.push(() => {
        beginAnswer(ollamaProvider, response, ...ollamaProvider.pieces);
        response.end();
      });
      if (open === 40) resolve();
    });
  });
  const model = ollama({ model: 'small', host: far });
  const answers = Array.from({ length: 40 }, () => model.ask(question(), unaborted()));
  await all;
  for (const reply of replies) reply();
  expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(answers.map(() => 'positive'));
  await model.close();
});
