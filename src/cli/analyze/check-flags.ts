import { UsageError } from '../../foundation/errors/common-errors.js';
import type { AnalyzeFlags } from '../flags.js';
import type { Io } from '../io.js';
import { refuseSharedStdout } from '../refuse-same-file.js';
import { checkCalibrationFlags } from './check-calibration-flags.js';

/** Refuses combinations of options that contradict each other, before anything is read. */
export function checkFlags(inputs: readonly string[], flags: AnalyzeFlags, env: Io['env']): void {
  checkCalibrationFlags(inputs, flags);
  refuseSharedStdout([
    ['--json', flags.json === true],
    ['--out jsonl:-', (flags.out ?? []).some(({ path }) => path === '-')],
    ['--events /dev/stdout', flags.events === '/dev/stdout'],
  ]);
  if (flags.quiet && flags.verbose) throw new UsageError('--quiet and --verbose contradict each other');
  if (flags.map && flags.label === undefined)
    throw new UsageError('--map translates the label column; say which with --label');
  if (flags.seed !== undefined && flags.sample === undefined && env.CHORALE_SEED === undefined) {
    throw new UsageError('--seed is the seed of --sample, which is not given');
  }
  if (flags.dryRun && flags.assert) throw new UsageError('--dry-run asks no model, so --assert has nothing to check');
  if (inputs.filter((input) => input === '-').length > 1) throw new UsageError('- (stdin) can be read once only');
  if (inputs.includes('-') !== (flags.format !== undefined)) {
    throw new UsageError(
      inputs.includes('-')
        ? 'stdin has no file name: say its format with --format csv|tsv|jsonl|json|parquet'
        : '--format is the format of - (stdin), which is no input here; a file has its format in its name',
    );
  }
}
