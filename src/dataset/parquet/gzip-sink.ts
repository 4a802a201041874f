import { createGzip } from 'node:zlib';
import type { ByteSink } from '../sink.js';

/** A sink that packs what it is given and hands it on. */
export function gzipSink(sink: ByteSink): ByteSink {
  const gzip = createGzip();
  const pumping = pump(gzip, sink);
  // Told by the next call.
  pumping.catch(() => {});
  return {
    async write(content) {
      const taken = new Promise<void>((resolve, reject) => {
        gzip.write(content, (error) => (error ? reject(error) : resolve()));
      });
      // Where the other end failed it says why; this end only that it was closed.
      await Promise.race([taken.catch(() => pumping), pumping]);
    },
    async finish() {
      gzip.end();
      await pumping;
      await sink.finish();
    },
    async discard() {
      gzip.destroy();
      await pumping.catch(() => {});
      await sink.discard();
    },
  };
}

async function pump(packed: AsyncIterable<Uint8Array>, sink: ByteSink): Promise<void> {
  for await (const chunk of packed) await sink.write(chunk);
}
