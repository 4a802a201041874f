import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promptPath } from '../classify/prompt/prompt-file.js';
import { fileKey } from '../data/file-identity.js';
import { lockFileOf, lockOutputs } from '../data/output-locks.js';
import { UsageError } from '../foundation/errors/chorale-error.js';
import type { Resources } from '../foundation/resources.js';
import type { AnalyzeFlags } from './options/command-options.js';
import { defaultConfigFile } from './options/read-config.js';

/** Where calibrations are kept, beside the other things that runs leave behind. */
export const calibrationFolder = '.chorale/calibration';

/** The files of one command. */
export interface CommandFiles {
  /** What it reads besides the configuration and the prompts, as in `the input`. */
  readonly inputs: readonly NamedFile[];
  /** Names of prompts, or their paths. */
  readonly prompts: readonly string[];
  /** The configuration file that was named. @default the one that is found */
  readonly config?: string | undefined;
  /** Undefined if runs are not recorded. */
  readonly store?: string | undefined;
  /** What it replaces. Undefined stands for one that was not asked for. */
  readonly outputs: readonly (string | undefined)[];
}

/**
 * Rejects outputs that would replace each other or a file that the command reads or keeps, under whatever name.
 * @throws UsageError
 */
export function refuseLoss({ inputs, prompts, config = defaultConfigFile, store, outputs }: CommandFiles): void {
  const kept: NamedFile[] = [
    ...inputs,
    ...prompts.map((prompt) => ({ path: promptPath(prompt), what: 'the prompt' })),
    { path: config, what: 'the configuration' },
    ...savedCalibrations(),
  ];
  const written = outputs.filter((path) => path !== undefined);
  refuseSameFile(kept, [
    ...(store === undefined ? [] : ['', '-wal', '-shm', '-journal']).map((ending) => ({
      path: `${store}${ending}`,
      what: 'the store',
    })),
    ...written.map((path) => ({ path, what: 'the output' })),
    ...locksOf(written),
  ]);
}

/**
 * Keeps other processes from writing the same outputs until the resources are closed.
 * @returns a signal that is also aborted if another process has taken over one of the outputs
 * @throws OutputError if another process writes one of them
 */
export async function takeLocks(
  outputs: readonly (string | undefined)[],
  signal: AbortSignal,
  resources: Resources,
): Promise<AbortSignal> {
  const lost = new AbortController();
  const paths = outputs.filter((path) => path !== undefined);
  const locks = await lockOutputs(paths, (error) => lost.abort(error));
  resources.defer(() => locks.release());
  return AbortSignal.any([signal, lost.signal]);
}

/** Whether the results, or the events, go to stdout. */
export function usesStdout({ events, out = [] }: Pick<AnalyzeFlags, 'events' | 'out'>): boolean {
  return events === '/dev/stdout' || out.some(({ path }) => path === '-');
}

function locksOf(outputs: readonly string[]): readonly NamedFile[] {
  const files = new Set(outputs.map(lockFileOf).filter((file) => file !== null));
  return [...files].map((path) => ({ path, what: 'the lock of an output' }));
}

function savedCalibrations(): readonly NamedFile[] {
  try {
    const names = readdirSync(calibrationFolder);
    return names.map((name) => ({ path: join(calibrationFolder, name), what: 'the saved calibration' }));
  } catch {
    return [];
  }
}

/** A file, and what it is, as in `the input`. */
interface NamedFile {
  readonly path: string;
  readonly what: string;
}

/**
 * Rejects a file to write that is a file to keep or another file to write, under whatever name. `-` is not a file.
 * @param written in this order: each is compared with those before it, too
 * @throws UsageError
 */
function refuseSameFile(kept: readonly NamedFile[], written: readonly NamedFile[]): void {
  const taken = new Map<string, NamedFile>();
  for (const file of kept) {
    const key = keyOf(file);
    if (key !== null) taken.set(key, file);
  }
  for (const file of written) {
    const key = keyOf(file);
    if (key === null) continue;
    const other = taken.get(key);
    if (other !== undefined) {
      throw new UsageError(`${file.path} would replace ${other.what} ${other.path}; choose another file`);
    }
    taken.set(key, file);
  }
}

/** Rejects two outputs that both go to stdout. @param uses the options that may want it, and whether they do */
export function refuseSharedStdout(uses: readonly (readonly [option: string, isUsed: boolean])[]): void {
  const [first, second] = uses.filter(([, isUsed]) => isUsed);
  if (first && second) {
    throw new UsageError(`${first[0]} and ${second[0]} both want stdout; write one of them to a file`);
  }
}

function keyOf({ path }: NamedFile): string | null {
  return path === '-' ? null : fileKey(path);
}
