import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';

/** One request that reached a server of msw's. */
export interface Sent {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

type Reply = (sent: Sent) => Response | Promise<Response>;

/** A server of msw's, which answers by path. */
export interface MswServer<Path extends string = string> {
  readonly sent: readonly Sent[];
  /** The requests that a model answers. */
  readonly questions: readonly Sent[];
  /** Replaces the reply to a path. */
  on(path: Path, reply: Reply): void;
  /** Gives the platform its own fetch back. */
  close(): void;
}

const notFound = () => new HttpResponse('404 page not found', { status: 404 });

/**
 * Starts one below an address, as in `http://ollama.test/api/`. Requests to other paths of the host are answered with 404
 * and not kept.
 */
export function startMswServer<Path extends string>(
  base: string,
  replies: Readonly<Record<Path, Reply>>,
): MswServer<Path> {
  const sent: Sent[] = [];
  const current = new Map<string, Reply>(Object.entries<Reply>(replies));
  const server = setupServer(
    http.all(`${base}*`, async ({ request }) => {
      const text = await request.text();
      const path = request.url.slice(base.length);
      const record = { path, body: text === '' ? {} : JSON.parse(text), headers: request.headers };
      sent.push(record);
      return (await current.get(path)?.(record)) ?? notFound();
    }),
    http.all(`${new URL(base).origin}/*`, notFound),
  );
  server.listen({ onUnhandledRequest: 'error' });
  return {
    sent,
    get questions() {
      return sent.filter(({ body }) => body.stream === true);
    },
    on: (path, reply) => void current.set(path, reply),
    close: () => server.close(),
  };
}
