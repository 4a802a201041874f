import { dataFormats, isDelimited } from '../../data/data-format.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { refuseSharedStdout } from '../guard-files.js';
import type { Io } from '../io.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { checkAskFlags } from './asked-prompt.js';

/** Rejects contradictory combinations of options before any input is read. */
export function checkFlags(inputs: readonly string[], flags: AnalyzeFlags, env: Io['env']): void {
  checkAskFlags(flags);
  checkCalibrationFlags(inputs, flags);
  refuseSharedStdout([
    ['--json', flags.json === true],
    ['--out jsonl:-', (flags.out ?? []).some(({ path }) => path === '-')],
    ['--events /dev/stdout', flags.events === '/dev/stdout'],
  ]);
  if (
    flags.bom &&
    ![...(flags.out ?? []), flags.outProbabilities].some((target) => target && isDelimited(target.format))
  ) {
    throw new UsageError('--bom is for CSV and TSV outputs, and there is none: add --out results.csv');
  }
  if (flags.quiet && flags.verbose) throw new UsageError('--quiet and --verbose contradict each other');
  if (flags.map && flags.gold === undefined)
    throw new UsageError('--map translates the label column; say which with --label');
  if (flags.seed !== undefined && flags.sample === undefined && env.CHORALE_SEED === undefined) {
    throw new UsageError('--seed is the seed of --sample, which is not given');
  }
  if (flags.dryRun && flags.assert) throw new UsageError('--dry-run asks no model, so --assert has nothing to check');
  if (inputs.filter((input) => input === '-').length > 1) throw new UsageError('- (stdin) can be read once only');
  if (inputs.includes('-') !== (flags.format !== undefined)) {
    throw new UsageError(
      inputs.includes('-')
        ? `stdin has no file name: say its format with --format ${dataFormats.join('|')}`
        : '--format is the format of - (stdin), which is not an input here; a file has its format in its name',
    );
  }
}

/** Rejects what contradicts `--calibrate`. A run with `--calibrate` may have no inputs: then it only calibrates. */
function checkCalibrationFlags(inputs: readonly string[], flags: AnalyzeFlags): void {
  const { calibrate } = flags;
  if (calibrate === undefined) {
    if (inputs.length === 0) throw new UsageError('which input? name files, or - for stdin; see --help');
    return;
  }
  if (calibrate === '-') throw new UsageError('--calibrate needs a file, not stdin');
  if (flags.gold === undefined) throw new UsageError('--calibrate needs gold labels; name their column with --label');
  if (flags.calibration === false) throw new UsageError('--calibrate and --no-calibration contradict each other');
  if (flags.dryRun) throw new UsageError('--dry-run asks no model, so --calibrate has nothing to fit');
  if (inputs.length > 0) return;
  const isWritten = flags.out ? '--out' : flags.outProbabilities ? '--out-probabilities' : undefined;
  const needsInput = isWritten ?? (flags.assert ? '--assert' : flags.id === undefined ? undefined : '--id');
  if (needsInput) throw new UsageError(`${needsInput} is about an input, and there is none: --calibrate only fits`);
}
