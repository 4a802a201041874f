import { createHash, type Hash } from 'node:crypto';
import { isGzipped } from './data-format.js';
import type { DataSource } from './data-source.js';
import { describeReadFailure } from './describe-failure.js';
import { inputProblem } from './input-problem.js';
import { readFileBytes } from './read-bytes.js';

/** Large, so that a file is read at the speed of the disk. */
const chunkBytes = 1_048_576;

/**
 * SHA-256, in hex, over the format, the compression, what is asked of the reading, and the bytes of every source, in order; not over their names. Equal
 * digests mean equal rows. Only for sources that can be read again (`canReread`).
 * @throws InputError where a source cannot be read; the signal's reason when it is aborted
 */
export async function digestSources(sources: readonly DataSource[], signal?: AbortSignal): Promise<string> {
  const all = createHash('sha256');
  for (const { path, format, delimiter, encoding } of sources) {
    const content = await digestFile(path, signal);
    const asked = delimiter === undefined && encoding === undefined ? [] : [{ delimiter, encoding }];
    all.update(JSON.stringify([format, isGzipped(path) ? 'gzip' : null, content, ...asked]));
  }
  return all.digest('hex');
}

async function digestFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  try {
    await hashAll(hash, readFileBytes(path, signal, chunkBytes));
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw inputProblem({ path }, describeReadFailure(error), { cause: error });
  }
  return hash.digest('hex');
}

/** Each chunk is hashed while the next one is read. */
async function hashAll(hash: Hash, chunks: AsyncGenerator<Uint8Array, void>): Promise<void> {
  for (let next = chunks.next(); ; ) {
    const { done, value } = await next;
    if (done) return;
    next = chunks.next();
    hash.update(value);
  }
}
