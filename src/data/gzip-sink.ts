import { bytesOf, type Sink } from './sink.js';
import { ZlibSteps } from './zlib-steps.js';

/** Packs what is written, step by step, into another sink. */
export function gzipSink(packed: Sink): Sink {
  const steps = ZlibSteps.gzip();
  const pass = async (parts: readonly Uint8Array[]) => {
    for (const part of parts) await packed.write(part);
  };
  return {
    write: async (chunk) => pass(await steps.push(bytesOf(chunk))),
    async finish() {
      await pass(await steps.end());
      await packed.finish();
    },
    async discard() {
      steps.destroy();
      await packed.discard();
    },
  };
}
