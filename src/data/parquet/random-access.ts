import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { InputError } from '../data-errors.js';
import { type DataSource, isGzipped, sourceName } from '../data-format.js';
import { describeReadFailure, temporaryFolderProblem } from '../file-error-messages.js';
import { writeAll } from '../file-sinks.js';
import { gunzip } from '../gzip.js';
import { readBytes } from '../read-bytes.js';

/** Bytes that can be read in any order. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `start` on, in memory of their own. Rejects where there are not so many. */
  read(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
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
    return access(file, found.size, () => file.close());
  } catch (error) {
    if (error instanceof InputError || (signal?.aborted && error === signal.reason)) throw error;
    throw new InputError({ path: sourceName(source) }, describeReadFailure(error), { cause: error });
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
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
    return access(file, size, close);
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
  for await (const chunk of source.path === '-' && isGzip(first.value) ? gunzip(all, path) : all) {
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

function access(file: FileHandle, size: number, close: () => Promise<void>): RandomAccess {
  return {
    size,
    async read(start, length) {
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, start + done);
        if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + done}`);
        done += bytesRead;
      }
      return bytes;
    },
    close,
  };
}
