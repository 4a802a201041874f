import {
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { tryParseJson } from '../foundation/lossless-json.js';
import { heartbeatMs, isAlive, isHere, type ProcessIdentity, thisProcess } from '../foundation/process-identity.js';
import { OutputError, writeFailure } from './data-errors.js';
import { realTarget } from './file-identity.js';
import { descriptorOf } from './stream-sinks.js';
import { forgetTemporary, removeTemporaries, temporaryPath } from './temporary-files.js';

/** What a lock file holds, as JSON. */
interface Lock extends ProcessIdentity {
  /** ISO 8601. */
  readonly since: string;
}

/** A lock that says nothing is being written; one that still does after this time was left behind by a power cut. */
const writingMs = 1_000;
const pauseMs = 25;

/** A file that says which process holds something. Its time is that of the last sign of life. */
class LockFile {
  private readonly heartbeat: NodeJS.Timeout;

  /** @param onLoss called once where another process has taken it over, with words for that one */
  constructor(
    private readonly file: string,
    private descriptor: number,
    private readonly content: string,
    private readonly onLoss: (holder: string) => void,
  ) {
    // It must not keep the process alive.
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs).unref();
  }

  release(): void {
    clearInterval(this.heartbeat);
    if (this.descriptor < 0) return;
    if (this.isMine()) rmSync(this.file, { force: true });
    closeSync(this.descriptor);
    this.descriptor = -1;
  }

  /** Writes the same bytes again: the file system that others see gives the time, not the clock of this machine. */
  private beat(): void {
    try {
      if (this.isMine()) writeSync(this.descriptor, this.content, 0);
      else this.restore();
    } catch {
      // A disk that fails is reported by those who write the output.
    }
  }

  private isMine(): boolean {
    const path = statSync(this.file, { bigint: true, throwIfNoEntry: false });
    const own = fstatSync(this.descriptor, { bigint: true });
    return path?.ino === own.ino && path.dev === own.dev && contentOf(this.file) === this.content;
  }

  /** Creates a deleted lock again; another lock in its place means that another process has taken it over. */
  private restore(): void {
    const descriptor = create(this.file, this.content);
    if (descriptor !== null) {
      closeSync(this.descriptor);
      this.descriptor = descriptor;
      return;
    }
    clearInterval(this.heartbeat);
    const theirs = parse(contentOf(this.file) ?? '');
    this.onLoss(theirs ? describe(theirs) : 'another process');
  }
}

function describe({ pid, host }: Lock): string {
  return `process ${pid} on ${host}`;
}

function refusal(path: string, lock: Lock, file: string): OutputError {
  const isCertain = isHere(lock) && lock.processStart !== null;
  const advice = isCertain
    ? ''
    : ` (if that process is gone, its lock ends after 30 s without a sign of life: ${file})`;
  const holder = `${describe(lock)} since ${lock.since}`;
  return new OutputError(path, `is being written by ${holder}; wait for it, or write another file${advice}`);
}

/** A descriptor of the lock file that was made; null if there is one already. */
function create(file: string, content: string): number | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx');
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return null;
    throw error;
  }
  try {
    writeSync(descriptor, content);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(file, { force: true });
    throw error;
  }
}

/**
 * How long a lock file has shown no sign of life, in milliseconds. Both times are of the file system that holds it: the
 * clocks of two machines may differ.
 */
function silenceOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 0 : timeOf(file) - found.mtimeMs;
}

/** The time that the file system of a lock file gives to a file that is written now. */
function timeOf(file: string): number {
  const probe = temporaryPath(file);
  try {
    const descriptor = openSync(probe, 'wx');
    try {
      writeSync(descriptor, '.');
      return fstatSync(descriptor).mtimeMs;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return Date.now();
  } finally {
    rmSync(probe, { force: true });
    forgetTemporary(probe);
  }
}

/** Removes a stale lock; a lock that another process took over in between is put back. */
function putAside(file: string, found: string): void {
  const aside = temporaryPath(file);
  try {
    renameSync(file, aside);
    if (contentOf(aside) === found) rmSync(aside, { force: true });
    else renameSync(aside, file);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  } finally {
    forgetTemporary(aside);
  }
}

/** The content of a lock once it says something, or for certain nothing; null if the lock is gone. */
async function settledContent(file: string): Promise<string | null> {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const content = contentOf(file);
    if (content === null || parse(content) !== null || waitedMs >= writingMs) return content;
    await sleep(pauseMs);
  }
}

/** The text of a lock file; empty for a link, which no lock is, whatever it points to; null if there is nothing. */
function contentOf(file: string): string | null {
  try {
    return lstatSync(file).isSymbolicLink() ? '' : readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What a lock file says. Those of earlier versions have no place, and name the start `started`. */
function parse(content: string): Lock | null {
  const { pid, host, place, processStart, started, since } = Object(tryParseJson(content));
  if (!Number.isSafeInteger(pid) || typeof host !== 'string') return null;
  const start = processStart ?? started ?? null;
  return { pid, host, place: typeof place === 'string' ? place : null, processStart: start, since: String(since) };
}

/** A read-only folder gets no lock; opening the output then shows whether it is writable. */
const lockless = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/** The lock file of an output: `.NAME.lock` beside it. Null for what needs none: stdout, a device, a pipe. */
export function lockFileOf(path: string): string | null {
  const target = path === '-' || descriptorOf(path) !== null ? null : realTarget(path);
  return target === null ? null : join(dirname(target), `.${basename(target)}.lock`);
}

/**
 * Keeps other processes from writing the same outputs: a lock file beside each says who writes it, and is touched every
 * few seconds as a sign of life. The lock of a process that has ended, or that cannot be looked up and has been silent
 * for 30 s, is taken over, and the temporary files that it left are removed. The locks also go when the process exits
 * without a word.
 * @param onLoss called once where another process has taken a lock over: what it guarded must not be written any more
 * @returns removes the lock files with `release`, which may be called again
 * @throws OutputError if another process holds one of them; none is held then
 */
export async function lockOutputs(
  paths: readonly string[],
  onLoss: (error: OutputError) => void = () => {},
): Promise<{ release(): void }> {
  const held = new Map<string, LockFile>();
  const release = () => {
    for (const lock of held.values()) lock.release();
    held.clear();
    process.removeListener('exit', release);
  };
  process.once('exit', release);
  try {
    for (const path of paths) {
      const file = lockFileOf(path);
      if (file === null || held.has(file)) continue;
      const lock = await acquire(path, file, onLoss);
      if (lock) held.set(file, lock);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/**
 * Makes a lock file, or takes over the one of a process that is gone. Null if no lock file can be made.
 * @throws OutputError if another process holds it
 */
async function acquire(path: string, file: string, onLoss: (error: OutputError) => void): Promise<LockFile | null> {
  const mine: Lock = { ...thisProcess(), since: new Date().toISOString() };
  const content = `${JSON.stringify(mine)}\n`;
  const lose = (holder: string) =>
    onLoss(new OutputError(path, `is now written by ${holder}, which has taken it over`));
  try {
    for (;;) {
      const descriptor = create(file, content);
      if (descriptor !== null) {
        removeTemporaries(join(dirname(file), basename(file).slice(1, -'.lock'.length)));
        return new LockFile(file, descriptor, content, lose);
      }
      const found = await settledContent(file);
      if (found === null) continue;
      const theirs = parse(found);
      if (theirs !== null && isAlive(theirs, silenceOf(file))) throw refusal(path, theirs, file);
      putAside(file, found);
    }
  } catch (error) {
    if (error instanceof OutputError) throw error;
    if (lockless.has(systemCodeOf(error) ?? '')) return null;
    throw writeFailure(error, path);
  }
}
