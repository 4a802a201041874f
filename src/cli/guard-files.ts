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
 * Rejects outputs that would replace each other or a file that the command reads or keeps, under whatever name. `-` is not
 * a file.
 * @throws UsageError
 */
export function refuseLoss({ inputs, prompts, config = defaultConfigFile, store, outputs }: CommandFiles): void {
  const taken = new Map<string, NamedFile>();
  const take = (file: NamedFile, isWritten: boolean) => {
    const key = file.path === '-' ? null : fileKey(file.path);
    if (key === null) return;
    const other = isWritten ? taken.get(key) : undefined;
    if (other) throw new UsageError(`${file.path} would replace ${other.what} ${other.path}; choose another file`);
    taken.set(key, file);
  };
  for (const file of inputs) take(file, false);
  for (const prompt of prompts) take({ path: promptPath(prompt), what: 'the prompt' }, false);
  take({ path: config, what: 'the configuration' }, false);
  for (const path of savedCalibrations()) take({ path, what: 'the saved calibration' }, false);
  const storeFiles = store === undefined ? [] : ['', '-wal', '-shm', '-journal'].map((ending) => `${store}${ending}`);
  for (const path of storeFiles) take({ path, what: 'the store' }, true);
  const written = outputs.filter((path) => path !== undefined);
  for (const path of written) take({ path, what: 'the output' }, true);
  const locks = new Set(written.map(lockFileOf).filter((file) => file !== null));
  for (const path of locks) take({ path, what: 'the lock of an output' }, true);
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

function savedCalibrations(): readonly string[] {
  try {
    return readdirSync(calibrationFolder).map((name) => join(calibrationFolder, name));
  } catch {
    return [];
  }
}

/** A file, and what it is, as in `the input`. */
interface NamedFile {
  readonly path: string;
  readonly what: string;
}

/** Rejects two outputs that both go to stdout. @param uses the options that may want it, and whether they do */
export function refuseSharedStdout(uses: readonly (readonly [option: string, isUsed: boolean])[]): void {
  const [first, second] = uses.filter(([, isUsed]) => isUsed);
  if (first && second) {
    throw new UsageError(`${first[0]} and ${second[0]} both want stdout; write one of them to a file`);
  }
}
