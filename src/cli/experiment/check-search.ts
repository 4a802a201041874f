import { UsageError } from '../../foundation/errors/common-errors.js';
import type { ExperimentFlags } from '../flags.js';

/** What compares variants that a search does not have. */
const unfit = {
  '--repeats': 'repeats',
  '--split': 'split',
  '--diff': 'diff',
  '--out': 'out',
  '--out-disagreements': 'outDisagreements',
  '--assert': 'assert',
  '--baseline': 'baseline',
  '--junit': 'junit',
  '--markdown': 'markdown',
} as const satisfies Readonly<Record<string, keyof ExperimentFlags>>;

const ofSearch = { '--examples': 'examples', '--restarts': 'restarts', '--out-prompt': 'outPrompt' } as const;

/** Refuses options that have no meaning in a search, and those of a search elsewhere. @throws UsageError */
export function checkSearch(flags: ExperimentFlags): void {
  if (flags.search === undefined) {
    const stray = Object.entries(ofSearch).find(([, key]) => flags[key] !== undefined);
    if (stray) throw new UsageError(`${stray[0]} is for --search few-shot`);
    return;
  }
  if (flags.outPrompt === undefined)
    throw new UsageError('where to write the new prompt? say it with --out-prompt FILE');
  if (!flags.outPrompt.endsWith('.prompt')) {
    throw new UsageError(`--out-prompt must end with .prompt, as in few-shot.prompt: ${flags.outPrompt}`);
  }
  if ((flags.prompt ?? []).length > 1) throw new UsageError('--search takes one --prompt');
  if ((flags.model ?? []).length > 1) throw new UsageError('--search takes one --model');
  const several = Object.values(flags.option ?? {}).some((values) => (values?.length ?? 0) > 1);
  if (several) throw new UsageError('--search takes one value of each --option');
  const stray = Object.entries(unfit).find(([, key]) => flags[key] !== undefined);
  if (stray) {
    throw new UsageError(`${stray[0]} is not for --search; compare the new prompt in an experiment of its own`);
  }
}
