import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { untilAborted } from '../foundation/abort.js';
import { folderProblem, InputError, readFailure } from './data-errors.js';
import { type DataSource, isGzipped, sourceName } from './data-format.js';
import { gunzip } from './gzip.js';
import { isPipe, openPipeToRead } from './stream-sinks.js';

const defaultChunkBytes = 65_536;

/**
 * The bytes of a source, unpacked, in chunks that are not used again. The file is closed, or the stream destroyed, when reading
 * ends: at the end, by an early return, by an error, by the signal.
 * @throws InputError if the source cannot be read; the signal's reason when it is aborted
 */
export async function* readBytes(
  source: DataSource,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  try {
    if (source.path === '-') yield* readStream(source, signal);
    else if (isGzipped(source.path)) yield* gunzip(bytesAt(source.path, signal), source.path);
    else yield* bytesAt(source.path, signal);
  } catch (error) {
    throw readFailure(error, sourceName(source), signal);
  }
}

async function* bytesAt(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  if (await isPipe(path)) yield* readStream({ stream: await openPipeToRead(path, signal) }, signal);
  else yield* readFileBytes(path, signal);
}

/** Whether a source gives the same bytes again: a file does, stdin, a pipe or a device does not. */
export async function canReread(source: DataSource): Promise<boolean> {
  const found = source.path === '-' ? undefined : await stat(source.path).catch(() => undefined);
  return found?.isFile() === true;
}

/** @throws InputError if the path is that of a folder, whatever its name ends in */
export async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new InputError({ path }, folderProblem);
}

/**
 * The bytes of a file as they stand there.
 * @param chunkBytes size of the chunks, which are not used again. @default 64 KiB
 * @throws what the system says; the signal's reason when it is aborted
 */
async function* readFileBytes(
  path: string,
  signal?: AbortSignal,
  chunkBytes = defaultChunkBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  const opening = open(path, 'r');
  const file = await untilAborted(opening, signal).catch((error: unknown) => {
    if (signal?.aborted) closeLater(opening);
    throw error;
  });
  let reading = false;
  try {
    for (;;) {
      reading = true;
      const bytes = Buffer.allocUnsafeSlow(chunkBytes);
      const { bytesRead, buffer } = await untilAborted(file.read(bytes, 0, chunkBytes, null), signal);
      reading = false;
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // A read that was given up on (a pipe nobody writes to) holds the file open: closing waits for it, we don't.
    if (reading && signal?.aborted) closeLater(Promise.resolve(file));
    else await file.close();
  }
}

async function* readStream(
  { stream }: Pick<DataSource, 'stream'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!stream) return;
  const chunks = stream[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const next = await untilAborted(chunks.next(), signal);
      finished = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!finished) {
      // Not awaited: a stream that has nothing to read answers only when something comes.
      chunks.return?.().catch(() => {});
      if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
    }
  }
}

function closeLater(file: Promise<FileHandle>): void {
  file.then((handle) => handle.close()).catch(() => {});
}

/** Large, so that a file is read at the speed of the disk. */
const digestedBytes = 1_048_576;

/**
 * SHA-256, in hex, over the format, the compression, what is asked of the reading, and the bytes of every source, in
 * order; not over their names. Equal digests mean equal rows. Only for sources that can be read again (`canReread`).
 * @throws InputError if a source cannot be read; the signal's reason when it is aborted
 */
export async function digestSources(sources: readonly DataSource[], signal?: AbortSignal): Promise<string> {
  const all = createHash('sha256');
  for (const { path, format, sheet, delimiter, encoding } of sources) {
    const content = await digestFile(path, signal);
    const asked = [sheet, delimiter, encoding].every((one) => one === undefined)
      ? []
      : [{ sheet, delimiter, encoding }];
    all.update(JSON.stringify([format, isGzipped(path) ? 'gzip' : null, content, ...asked]));
  }
  return all.digest('hex');
}

/** Each chunk is hashed while the next one is read. */
async function digestFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const chunks = readFileBytes(path, signal, digestedBytes);
  try {
    for (let next = chunks.next(); ; ) {
      const { done, value } = await next;
      if (done) return hash.digest('hex');
      next = chunks.next();
      hash.update(value);
    }
  } catch (error) {
    throw readFailure(error, path, signal);
  }
}
