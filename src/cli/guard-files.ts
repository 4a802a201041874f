import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promptPath } from '../classify/prompt/prompt-file.js';
import { lockFileOf, lockOutputs } from '../data/output-locks.js';
import { defaultConfigFile } from './config/load-config.js';
import { type NamedFile, refuseSameFile } from './refuse-same-file.js';

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
  /** Left out where runs are not recorded. */
  readonly store?: string | undefined;
  /** What it replaces. Undefined stands for one that was not asked for. */
  readonly outputs: readonly (string | undefined)[];
}

/**
 * Refuses outputs that would replace a file that the command reads or keeps, or one another, whatever their names.
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
 * Keeps other processes from writing the same outputs while a command works, from before anything is opened.
 * @param work gets a signal that is also aborted where another process has taken over one of the outputs
 * @throws OutputError where another process writes one of them
 */
export async function withLocks<R>(
  outputs: readonly (string | undefined)[],
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const lost = new AbortController();
  const paths = outputs.filter((path) => path !== undefined);
  const locks = await lockOutputs(paths, (error) => lost.abort(error));
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    locks.release();
  }
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
