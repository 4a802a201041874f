import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import type { ComparedField } from '../../evaluate/experiment/labelled-rows.js';
import { metricNames } from '../../evaluate/experiment/metric-names.js';
import { defaults } from '../../foundation/defaults.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { refuseSharedStdout } from '../guard-files.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { autoPrompt } from '../options/settings.js';
import { findContradiction, type VariantThreshold } from '../options/threshold.js';

/** Rejects missing and contradictory options before any input is read. @returns the path of the rows */
export function checkFlags(flags: ExperimentFlags): string {
  const { data, label, assertVariants: assert = [], diff } = flags;
  if (data === undefined)
    throw new UsageError('which rows? give labelled ones with --data FILE, or an experiment file');
  if (data === '-') throw new UsageError('--data must be a file: its rows are read more than once');
  if (label === undefined) throw new UsageError('the column of the gold label is missing: name it with --label');
  if (flags.prompts?.includes(autoPrompt)) {
    throw new UsageError('--prompt auto is for analyze and demo; an experiment compares prompts: name them');
  }
  if (flags.quiet && flags.verbose) throw new UsageError('--quiet and --verbose contradict each other');
  refuseSharedStdout([
    ['--markdown -', flags.markdown === '-'],
    ['--json', flags.json === true],
    ['--out jsonl:-', (flags.out ?? []).some(({ path }) => path === '-')],
    ['--events /dev/stdout', flags.events === '/dev/stdout'],
  ]);
  if (flags.dryRun && assert.length > 0) {
    throw new UsageError('--dry-run asks no model, so --assert has nothing to check');
  }
  if (flags.dryRun && flags.baseline !== undefined) {
    throw new UsageError('--dry-run asks no model, so --baseline has nothing to compare');
  }
  if (diff && diff.length !== 2) {
    throw new UsageError(`--diff takes the names of two variants, but there are ${diff.length}: ${diff.join(', ')}`);
  }
  refuseContradiction(assert);
  return data;
}

/** @throws UsageError for two conditions that no result meets both */
export function refuseContradiction(assert: readonly VariantThreshold[]): void {
  const contradiction = findContradiction(assert);
  if (!contradiction) return;
  const [one, other] = contradiction;
  throw new UsageError(
    `--assert '${one.text}' and --assert '${other.text}' contradict each other: no result meets both`,
  );
}

/** Rejects names of variants and metrics that the experiment does not have. */
export function checkNames(flags: ExperimentFlags, variants: readonly Variant[], labels: readonly string[]): void {
  const names = variants.map(({ name }) => name);
  for (const name of flags.diff ?? []) if (!names.includes(name)) rejectVariant('--diff', name, names);
  const metrics = metricNames(labels, flags.repeats ?? defaults.repeats);
  checkAssertedNames(flags.assertVariants ?? [], names, metrics);
}

function rejectVariant(option: string, name: string, names: readonly string[]): never {
  const near = nearestName(name, names);
  const hint = near === null ? '' : ` (did you mean '${near}'?)`;
  throw new UsageError(`${option}: there is no variant '${name}'${hint}; there are: ${names.join(', ')}`);
}

/** Rejects conditions on variants and metrics that are not there. @throws UsageError */
export function checkAssertedNames(
  assert: readonly VariantThreshold[],
  names: readonly string[],
  metrics: readonly string[],
): void {
  for (const { variant, path, text } of assert) {
    if (variant !== null && variant !== 'every' && !names.includes(variant)) {
      rejectVariant(`--assert '${text}'`, variant, names);
    }
    const metric = path.join('.');
    if (metrics.includes(metric)) continue;
    const near = nearestName(metric, metrics);
    const hint = near === null ? '' : ` (did you mean '${near}'?)`;
    const needed = metric.startsWith('stability') ? ' without --repeats' : '';
    throw new UsageError(
      `--assert '${text}': there is no metric '${metric}'${needed}${hint}; there are: ${metrics.join(', ')}`,
    );
  }
}

/** Rejects what is about the label where another field is compared. @throws UsageError */
export function checkFieldFlags(flags: ExperimentFlags, field: ComparedField | undefined): void {
  if (!field) return;
  const aboutLabel = {
    '--labels': flags.labels,
    '--out-probabilities': flags.outProbabilities,
    '--baseline': flags.baseline,
  };
  const [stray] = Object.entries(aboutLabel).find(([, value]) => value !== undefined) ?? [];
  if (stray) throw new UsageError(`${stray} is about the label, and --field compares '${field.name}'`);
}

/** What compares variants that a search does not have. */
const unfit = {
  '--field': 'field',
  '--repeats': 'repeats',
  '--no-repeat-sample': 'repeatSample',
  '--blocks': 'blocks',
  '--criterion': 'criterion',
  '--split': 'split',
  '--diff': 'diff',
  '--out': 'out',
  '--out-probabilities': 'outProbabilities',
  '--out-disagreements': 'outDisagreements',
  '--assert': 'assertVariants',
  '--baseline': 'baseline',
  '--junit': 'junit',
  '--markdown': 'markdown',
} as const satisfies Readonly<Record<string, keyof ExperimentFlags>>;

const ofSearch = { '--examples': 'examples', '--restarts': 'restarts', '--out-prompt': 'outPrompt' } as const;

/** Rejects options that have no meaning in a search, and search options elsewhere. @throws UsageError */
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
  if ((flags.prompts ?? []).length > 1) throw new UsageError('--search takes one --prompt');
  if ((flags.models ?? []).length > 1) throw new UsageError('--search takes one --model');
  const several = Object.values(flags.options ?? {}).some((values) => (values?.length ?? 0) > 1);
  if (several) throw new UsageError('--search takes one value of each --option');
  const stray = Object.entries(unfit).find(([, key]) => flags[key] !== undefined);
  if (stray) {
    throw new UsageError(`${stray[0]} is not for --search; compare the new prompt in an experiment of its own`);
  }
}
