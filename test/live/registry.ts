import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry on 127.0.0.1 with one model, of which a real server downloads. */
export interface Registry {
  /** Full name of the model, with the registry in it. */
  readonly model: string;
  /** Bytes of layers that were sent. */
  readonly sentBytes: number;
  /** Size of all layers. */
  readonly layerBytes: number;
  /** Sends no more than this many bytes of each layer, and then nothing; undefined: everything. */
  stallAfter(bytes: number | undefined): void;
  /** Resolves when a layer has stalled. */
  readonly stalled: Promise<void>;
  close(): Promise<void>;
}

const mediaTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  model: 'application/vnd.ollama.image.model',
};

const digestOf = (blob: Uint8Array) => `sha256:${createHash('sha256').update(blob).digest('hex')}`;

/** Starts a registry that holds a model of random bytes: servers look at its digests only. */
export async function startRegistry(layerBytes: number): Promise<Registry> {
  const weights = randomBytes(layerBytes);
  const config = Buffer.from(JSON.stringify({ model_format: 'gguf', architecture: 'amd64', os: 'linux' }));
  const blobs = new Map([weights, config].map((blob) => [digestOf(blob), blob]));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.model, digest: digestOf(weights), size: weights.length }],
  });
  let limit = Number.POSITIVE_INFINITY;
  let sentBytes = 0;
  let tellStalled = () => {};
  const stalled = new Promise<void>((resolve) => {
    tellStalled = resolve;
  });

  const server = createServer((request, response) => {
    if (request.url?.includes('/manifests/')) {
      response.writeHead(200, { 'content-type': mediaTypes.manifest }).end(manifest);
      return;
    }
    if (request.url?.includes('/blobs/') && request.method === 'GET') {
      // The server wants to be sent to a storage on another host for what is large.
      const location = `http://localhost:${request.socket.localPort}/storage/${request.url.split('/').at(-1)}`;
      return void response.writeHead(307, { location }).end();
    }
    const blob = blobs.get(request.url?.split('/').at(-1) ?? '');
    if (!blob) return void response.writeHead(404).end();
    const range = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = Math.min(blob.length - 1, Number(range?.[2] ?? blob.length - 1));
    const headers = {
      'content-length': to - from + 1,
      ...(range ? { 'content-range': `bytes ${from}-${to}/${blob.length}` } : {}),
    };
    response.writeHead(range ? 206 : 200, headers);
    if (request.method === 'HEAD') return void response.end();
    const part = blob.subarray(from, to + 1);
    const sent = part.subarray(0, blob === weights ? limit : undefined);
    if (blob === weights) sentBytes += sent.length;
    if (sent.length === part.length) return void response.end(sent);
    response.write(sent, () => tellStalled());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    model: `http://127.0.0.1:${port}/library/tiny:latest`,
    get sentBytes() {
      return sentBytes;
    },
    layerBytes,
    stallAfter: (bytes) => {
      limit = bytes ?? Number.POSITIVE_INFINITY;
    },
    stalled,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
