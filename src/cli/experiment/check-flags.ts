import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import { metricNames } from '../../evaluate/experiment/score-variant.js';
import { UsageError } from '../../foundation/errors/common-errors.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { findContradiction } from '../config/variant-threshold.js';
import type { ExperimentFlags } from '../flags.js';
import { autoPrompt } from '../prompt-trial/auto-prompt.js';
import { refuseSharedStdout } from '../refuse-same-file.js';

/** Refuses what is missing and what contradicts itself, before anything is read. */
export function checkFlags(flags: ExperimentFlags): void {
  const { data, label, assert = [], diff } = flags;
  if (data === undefined)
    throw new UsageError('which rows? give labelled ones with --data FILE, or an experiment file');
  if (data === '-') throw new UsageError('--data must be a file: its rows are read more than once');
  if (label === undefined) throw new UsageError('which column holds the right label? say it with --label');
  if (flags.prompt?.includes(autoPrompt)) {
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
  const contradiction = findContradiction(assert);
  if (contradiction) {
    const [one, other] = contradiction;
    throw new UsageError(
      `--assert '${one.text}' and --assert '${other.text}' contradict each other: no result meets both`,
    );
  }
}

/** Refuses names of variants and figures that the experiment does not have. */
export function checkNames(flags: ExperimentFlags, variants: readonly Variant[], labels: readonly string[]): void {
  const names = variants.map(({ name }) => name);
  const refuse = (option: string, name: string) => {
    const near = nearestName(name, names);
    const hint = near === null ? '' : ` (did you mean '${near}'?)`;
    throw new UsageError(`${option}: there is no variant '${name}'${hint}; there are: ${names.join(', ')}`);
  };
  for (const name of flags.diff ?? []) if (!names.includes(name)) refuse('--diff', name);
  const figures = metricNames(labels, flags.repeats ?? 1);
  for (const { variant, path, text } of flags.assert ?? []) {
    if (variant !== null && variant !== 'every' && !names.includes(variant)) refuse(`--assert '${text}'`, variant);
    const figure = path.join('.');
    if (figures.includes(figure)) continue;
    const near = nearestName(figure, figures);
    const hint = near === null ? '' : ` (did you mean '${near}'?)`;
    const needed = figure.startsWith('stability') ? ' without --repeats' : '';
    throw new UsageError(
      `--assert '${text}': there is no figure '${figure}'${needed}${hint}; there are: ${figures.join(', ')}`,
    );
  }
}
