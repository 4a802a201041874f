import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { OutputError, writeFailure } from './data-errors.js';
import { finalPath } from './file-identity.js';
import {
  bytesOf,
  descriptorOf,
  isPipe,
  openDescriptor,
  openPipeToWrite,
  pipeSink,
  type Sink,
  writeAll,
} from './stream-sinks.js';
import { forgetTemporary, temporaryPath } from './temporary-files.js';

/**
 * A sink on a file at its final path. What an existing file holds stays until the first write: a run that cannot begin
 * destroys nothing.
 * @param signal ends the wait for the reader of a pipe
 * @throws OutputError if the file cannot be opened; the signal's reason
 */
export async function openDirectFile(path: string, signal?: AbortSignal): Promise<Sink> {
  const descriptor = descriptorOf(path);
  if (descriptor !== null) return openDescriptor(descriptor);
  if (await isPipe(path)) return pipeSink(await explained(path, () => openPipeToWrite(path, signal), signal), path);
  const { file, isNew } = await explained(path, () => openKept(path));
  /** Bytes of the writes that went well. */
  let size = 0;
  let isEmptied = false;
  const empty = async () => {
    if (!isEmptied && (await file.stat()).isFile()) await file.truncate(0);
    isEmptied = true;
  };
  return {
    write: (chunk) =>
      explained(path, async () => {
        if (!isEmptied) await empty();
        const bytes = bytesOf(chunk);
        await writeAll(file, bytes);
        size += bytes.length;
      }),
    cut: (lines) => cutToLines(file, size, lines).catch(() => {}),
    finish: () =>
      explained(path, async () => {
        if (!isEmptied) await empty();
        await finishFile(file);
      }),
    async discard() {
      await closeQuietly(file);
      if (isNew && !isEmptied) await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** Opens a file for writing and leaves its content; makes it where there is none. */
async function openKept(path: string): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, 'wx'), isNew: true };
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    return { file: await open(path, constants.O_WRONLY | constants.O_CREAT), isNew: false };
  }
}

/** Leaves those lines that fitted into the file after its first `size` bytes. */
async function cutToLines(file: FileHandle, size: number, lines: readonly string[]): Promise<void> {
  const found = await file.stat();
  if (!found.isFile()) return;
  let end = size;
  for (const line of lines) {
    const next = end + Buffer.byteLength(line);
    if (next > found.size) break;
    end = next;
  }
  await file.truncate(end);
}

/** Closes a file once the disk has it: that it is full, or gone, may show no earlier. */
async function finishFile(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    // What is not a file on a disk cannot do this.
    if (!/^(?:EINVAL|ENOTSUP|ENOSYS|EPERM)$/.test(systemCodeOf(error) ?? '')) throw error;
  }
  await file.close();
}

/**
 * A sink on a temporary file beside the final path, which gets its name when it is finished: nobody sees half a file.
 * A link is followed. What is not a regular file (a device, a pipe) cannot be replaced and is written directly.
 * @param mode permissions of the file. @default those of the file that it replaces
 * @param signal ends the wait for the reader of a pipe
 * @throws OutputError if the file cannot be opened; the signal's reason
 */
export async function openReplacedFile(
  path: string,
  { mode, signal }: { readonly mode?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Sink> {
  if (descriptorOf(path) !== null) return openDirectFile(path);
  const existing = await explained(path, () => statOf(path));
  if (existing?.isDirectory()) throw new OutputError(path, 'is a folder; name a file in it');
  if (existing && !existing.isFile()) return openDirectFile(path, signal);
  const target = existing ? await explained(path, () => realpath(path)) : finalPath(path);
  const temporary = temporaryPath(target);
  const file = await explained(path, () =>
    open(temporary, 'wx', mode ?? (existing ? existing.mode & 0o777 : undefined)),
  ).catch((error) => {
    forgetTemporary(temporary);
    throw error;
  });
  return {
    write: (chunk) => explained(path, () => writeAll(file, bytesOf(chunk))),
    finish: () =>
      explained(path, async () => {
        // Whatever the umask is.
        if (mode !== undefined) await file.chmod(mode);
        await finishFile(file);
        await rename(temporary, target);
        forgetTemporary(temporary);
      }),
    async discard() {
      await closeQuietly(file);
      await rm(temporary, { force: true }).catch(() => {});
      forgetTemporary(temporary);
    },
  };
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => {});
}

/** Turns a system error into an OutputError; the reason of the signal stays as it is. */
async function explained<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw writeFailure(error, path);
  }
}

/**
 * Writes a whole text to a file: nobody sees half of it.
 * @param mode permissions of the file. @default those of the file that it replaces
 * @throws OutputError
 */
export async function writeText(path: string, text: string, mode?: number): Promise<void> {
  const sink = await openReplacedFile(path, { mode });
  try {
    await sink.write(text);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
