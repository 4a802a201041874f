import { type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRunning } from '../concurrency/index.js';
import { systemCodeOf } from '../errors/index.js';
import { describeWriteFailure } from './describe-failure.js';
import { outputProblem } from './output-problem.js';
import { isPipe, openPipeToWrite } from './pipe-file.js';
import { bytesOf, type Sink } from './sink.js';

/** The part of a file handle that writing needs. It may take fewer bytes than it is given. */
export interface ByteTarget {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
}

/** Writes all bytes, in as many steps as the system wants. */
export async function writeAll(target: ByteTarget, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await target.write(bytes, offset, bytes.length - offset);
    offset += bytesWritten;
  }
}

/**
 * A sink on a file at its final path; an existing file is emptied at once.
 * @param signal ends the waiting for somebody who reads a pipe
 * @throws OutputError where the file cannot be opened; the signal's reason
 */
export async function openDirectFile(path: string, signal?: AbortSignal): Promise<Sink> {
  if (await isPipe(path)) return openPipe(path, signal);
  const file = await explained(path, () => open(path, 'w'));
  /** Bytes of the writes that went well. */
  let size = 0;
  return {
    write: (chunk) =>
      explained(path, async () => {
        const bytes = bytesOf(chunk);
        await writeAll(file, bytes);
        size += bytes.length;
      }),
    cut: (lines) => cutToLines(file, size, lines).catch(() => {}),
    finish: () => explained(path, () => finishFile(file)),
    discard: () => closeQuietly(file),
  };
}

/** A sink on a pipe: it waits until somebody reads. */
async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Sink> {
  const pipe = await explained(path, () => openPipeToWrite(path, signal), signal);
  // The write that fails says so.
  pipe.on('error', () => {});
  const write = (chunk: string | Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      pipe.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  return {
    write: (chunk) => explained(path, () => write(chunk)),
    finish: () => explained(path, () => new Promise((resolve) => pipe.end(resolve))),
    discard: async () => void pipe.destroy(),
  };
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
    // What is no file on a disk cannot do this.
    if (!/^(?:EINVAL|ENOTSUP|ENOSYS|EPERM)$/.test(systemCodeOf(error) ?? '')) throw error;
  }
  await file.close();
}

/**
 * A sink on a temporary file beside the final path, which gets its name when it is finished: nobody sees half a file.
 * A link is followed. What is no regular file (a device, a pipe) cannot be replaced and is written directly.
 * @throws OutputError where the file cannot be opened
 */
export async function openReplacedFile(path: string, signal?: AbortSignal): Promise<Sink> {
  const existing = await explained(path, () => statOf(path));
  if (existing?.isDirectory()) throw outputProblem(path, 'is a folder; name a file in it');
  if (existing && !existing.isFile()) return openDirectFile(path, signal);
  const target = existing ? await explained(path, () => realpath(path)) : path;
  await removeLeftovers(target);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const file = await explained(path, () => open(temporary, 'w', existing ? existing.mode & 0o777 : undefined));
  return {
    write: (chunk) => explained(path, () => writeAll(file, bytesOf(chunk))),
    finish: () =>
      explained(path, async () => {
        await finishFile(file);
        await rename(temporary, target);
      }),
    async discard() {
      await closeQuietly(file);
      await rm(temporary, { force: true }).catch(() => {});
    },
  };
}

/** Removes the temporary files of processes that were killed while they wrote the same file. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1] ?? Number.NaN);
    if (name === `.${basename(target)}.${pid}.tmp` && !isRunning(pid))
      await rm(join(folder, name), { force: true }).catch(() => {});
  }
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

/** Turns a failure of the system into an OutputError, but for the reason of the signal. */
async function explained<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw outputProblem(path, describeWriteFailure(error, dirname(path)), { cause: error });
  }
}
