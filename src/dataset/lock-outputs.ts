import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutputError, systemCodeOf } from '../errors/index.js';
import { describeWriteFailure } from './describe-failure.js';
import { outputProblem } from './output-problem.js';
import { hasEnded, ownMark, type ProcessMark } from './process-mark.js';
import { realTarget } from './real-target.js';

/** What a lock file holds, as JSON. */
interface Lock extends ProcessMark {
  /** ISO 8601. */
  readonly since: string;
}

/** Locks that are held, until they are released. */
export interface OutputLocks {
  /** Removes the lock files. May be called again. */
  release(): void;
}

/** A lock that says nothing is being written; one that still does after this time was left behind by a power cut. */
const writingMs = 1_000;
const pauseMs = 25;

/** In a folder where nothing may be made there is no lock; whether the output can be written shows when it is opened. */
const lockless = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/**
 * Keeps other processes from writing the same outputs: a file `.NAME.lock` beside each says who writes it. A lock whose
 * process has ended is taken over. What is no regular file (`-`, a device, a pipe) needs none. The locks also go when the
 * process exits without a word.
 * @throws OutputError where another process holds one of them; none is held then
 */
export async function lockOutputs(paths: readonly string[]): Promise<OutputLocks> {
  const held = new Map<string, string>();
  const release = () => {
    for (const [file, content] of held) if (contentOf(file) === content) rmSync(file, { force: true });
    held.clear();
    process.removeListener('exit', release);
  };
  process.once('exit', release);
  try {
    for (const path of paths) {
      const target = path === '-' ? null : realTarget(path);
      if (target === null) continue;
      const file = join(dirname(target), `.${basename(target)}.lock`);
      if (!held.has(file)) await lock(path, file, held);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

async function lock(path: string, file: string, held: Map<string, string>): Promise<void> {
  const mine: Lock = { ...ownMark(), since: new Date().toISOString() };
  const content = `${JSON.stringify(mine)}\n`;
  try {
    while (!create(file, content)) {
      const found = await settledContent(file);
      if (found === null) continue;
      const theirs = parse(found);
      if (theirs !== null && !hasEnded(theirs)) throw outputProblem(path, describe(theirs, file));
      putAside(file, found);
    }
    held.set(file, content);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    if (lockless.has(systemCodeOf(error) ?? '')) return;
    throw outputProblem(path, describeWriteFailure(error, dirname(path)), { cause: error });
  }
}

function describe({ pid, host, started, since }: Lock, file: string): string {
  const isCertain = started !== null && host === ownMark().host;
  const advice = isCertain ? '' : ` (if that process is gone, remove ${file})`;
  return `is being written by process ${pid} on ${host} since ${since}; wait for it, or write another file${advice}`;
}

/** Whether the lock file could be made: nobody else has it. */
function create(file: string, content: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx');
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(descriptor, content);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Removes a lock that is nobody's any more; one that somebody took over in between is put back. */
function putAside(file: string, found: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (contentOf(aside) === found) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

/** The content of a lock once it says something, or for certain nothing; null where the lock is gone. */
async function settledContent(file: string): Promise<string | null> {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const content = contentOf(file);
    if (content === null || parse(content) !== null || waitedMs >= writingMs) return content;
    await sleep(pauseMs);
  }
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function parse(content: string): Lock | null {
  try {
    const { pid, host, started, since } = JSON.parse(content);
    const isLock = Number.isSafeInteger(pid) && typeof host === 'string';
    return isLock ? { pid, host, started: started ?? null, since: String(since) } : null;
  } catch {
    return null;
  }
}
