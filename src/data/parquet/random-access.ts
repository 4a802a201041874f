import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { InputError, readFailure, temporaryFolderProblem } from '../data-errors.js';
import { type DataSource, isGzipped, sourceName } from '../data-format.js';
import { gunzip } from '../gzip.js';
import { readBytes } from '../read-bytes.js';
import { writeAll } from '../stream-sinks.js';

/** Bytes that can be read in any order. */
export class RandomAccess {
  /** @param size in bytes */
  constructor(
    private readonly file: FileHandle,
    readonly size: number,
    readonly close: () => Promise<void>,
  ) {}

  /** The bytes from `start` on, in memory of their own. Rejects where there are not so many. */
  async read(start: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.file.read(bytes, done, length - done, start + done);
      if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + done}`);
      done += bytesRead;
    }
    return bytes;
  }
}

/**
 * Opens a source for reading in any order. What cannot be read so (stdin, a pipe, gzip) is put into a temporary file
 * first, which is gone when it is closed, or the program ends.
 * @throws InputError; the signal's reason when it is aborted
 */
export async function openRandomAccess(source: DataSource, signal?: AbortSignal): Promise<RandomAccess> {
  signal?.throwIfAborted();
  try {
    const found = source.path === '-' ? null : await stat(source.path);
    if (!found?.isFile() || isGzipped(source.path)) return await spool(source, signal);
    const file = await open(source.path, 'r');
    return new RandomAccess(file, found.size, () => file.close());
  } catch (error) {
    throw readFailure(error, sourceName(source), signal);
  }
}

async function spool(source: DataSource, signal: AbortSignal | undefined): Promise<RandomAccess> {
  const folder = await mkdtemp(join(tmpdir(), 'chorale-')).catch((cause: unknown) => {
    const { problem, remedy } = temporaryFolderProblem(cause);
    throw new InputError({ path: sourceName(source) }, `needs a temporary file, and ${problem}; ${remedy}`, { cause });
  });
  const file = await open(join(folder, 'input'), 'w+');
  const remove = () => rm(folder, { recursive: true, force: true }).catch(() => {});
  // Where the system allows it the name goes at once: nothing is left behind, however the program ends.
  await remove();
  const close = async () => {
    await file.close();
    await remove();
  };
  try {
    const size = await copy(source, file, signal);
    return new RandomAccess(file, size, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Copies a source into a file, unpacked; stdin has no name that tells whether it is packed. @returns its size */
async function copy(source: DataSource, file: FileHandle, signal: AbortSignal | undefined): Promise<number> {
  const path = sourceName(source);
  const bytes = readBytes(source, signal);
  const first = await bytes.next();
  if (first.done) return 0;
  const all = continued(first.value, bytes);
  let size = 0;
  const isPacked = source.path === '-' && first.value[0] === 0x1f && first.value[1] === 0x8b;
  for await (const chunk of isPacked ? gunzip(all, path) : all) {
    await writeAll(file, chunk).catch((error: unknown) => {
      const problem = `cannot be kept in a temporary file in ${tmpdir()} (${systemCodeOf(error) ?? messageOf(error)})`;
      throw new InputError({ path }, problem, { cause: error });
    });
    size += chunk.length;
  }
  return size;
}

async function* continued(first: Uint8Array, rest: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}
