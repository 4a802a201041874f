import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { OutputError } from '../../data/data-errors.js';
import { writeText } from '../../data/file-sinks.js';
import {
  ChoraleError,
  defineErrors,
  messageOf,
  type Remedy,
  renderRemedy,
  systemCodeOf,
} from '../../foundation/errors/chorale-error.js';
import { temperatureRange } from './temperature-scaling.js';

const share = z.number().min(0).max(1);
const rows = z.int().min(1);
const interval = z.strictObject({ lower: share, upper: share });
const ifPerfect = z.strictObject({ mean: share, upper: share });

/** The form of a saved calibration. Unknown keys are errors. */
const calibrationSchema = z.strictObject({
  version: z.literal(1),
  provider: z.string().min(1),
  model: z.string().min(1),
  /** Name and hash of the prompt. */
  prompt: z.string().min(1),
  /** In the order in which they are shown to the model. */
  labels: z.array(z.string().min(1)).min(2),
  temperature: z.number().min(temperatureRange.least).max(temperatureRange.most),
  /** Rows that the temperature was fitted on. */
  fitted_rows: rows,
  /** Measured on rows that it was not fitted on. */
  held_out: z.strictObject({
    rows,
    accuracy: share,
    expected_calibration_error: z.strictObject({ before: share, after: share }),
    /** Its 95 % interval, and what a perfectly calibrated model shows at so many rows. An earlier version measured none. */
    calibration_error_interval: z.strictObject({ before: interval, after: interval }).optional(),
    calibration_error_if_perfect: z.strictObject({ before: ifPerfect, after: ifPerfect }).optional(),
    negative_log_likelihood: z.strictObject({ before: z.number().min(0), after: z.number().min(0) }),
  }),
  /** Where the rows came from; empty if unknown. */
  data: z.string(),
  created_at: z.iso.datetime(),
});

/** A fitted temperature, what it is for, and how good it is. The names are those of the file and of `--json`. */
export type Calibration = z.infer<typeof calibrationSchema>;

/** What a calibration is for: probabilities of other models, prompts or labels are other ones. */
export type CalibrationTarget = Readonly<Pick<Calibration, 'provider' | 'model' | 'prompt'>> & {
  readonly labels: readonly string[];
};

export function isFor(calibration: CalibrationTarget, target: CalibrationTarget): boolean {
  return identityOf(calibration) === identityOf(target);
}

function identityOf({ provider, model, prompt, labels }: CalibrationTarget): string {
  return JSON.stringify([provider, model, prompt, labels]);
}

export const calibrationErrors = defineErrors({
  CHORALE_CALIBRATION: {
    exitCode: 2,
    retryable: false,
    summary: 'The confidence cannot be calibrated with these rows.',
  },
  CHORALE_CALIBRATION_FILE: { exitCode: 3, retryable: false, summary: 'A saved calibration is broken.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof calibrationErrors> {}
}

/** A confidence cannot be calibrated with these rows. */
export class CalibrationError extends ChoraleError {
  readonly code = 'CHORALE_CALIBRATION';
  constructor(
    readonly problem: string,
    readonly remedy: Remedy,
  ) {
    super(`the confidence cannot be calibrated: ${problem}; ${renderRemedy(remedy)}`);
  }
}

/** A saved calibration is broken, or for something else. It is never applied. */
export class CalibrationFileError extends ChoraleError {
  readonly code = 'CHORALE_CALIBRATION_FILE';
  readonly remedy: Remedy;
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    const remedy = [
      'remove the file, calibrate again (',
      { option: 'calibrate' },
      '), or use ',
      { option: 'noCalibration' },
    ];
    super(`${path}: ${problem}; ${renderRemedy(remedy)}`, options);
    this.remedy = remedy;
  }
}

const ownerOnly = 0o600;

export interface SavedCalibration {
  readonly path: string;
  readonly calibration: Calibration;
}

/**
 * Saves a calibration in a folder, under a name made of its target; replaces an older one for the same target.
 * @throws OutputError
 */
export async function saveCalibration(folder: string, calibration: Calibration): Promise<SavedCalibration> {
  const path = pathOf(folder, calibration);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeText(path, `${JSON.stringify(calibration, null, 2)}\n`, ownerOnly);
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    const reason = systemCodeOf(cause) ?? messageOf(cause);
    throw new OutputError(path, `the calibration cannot be written there (${reason})`, { cause });
  }
  return { path, calibration };
}

/**
 * Loads what was saved for a target; null if nothing was.
 * @throws CalibrationFileError if the file is not a calibration, or one for something else
 */
export async function loadCalibration(folder: string, target: CalibrationTarget): Promise<SavedCalibration | null> {
  const path = pathOf(folder, target);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CalibrationFileError(path, `cannot be read (${code ?? messageOf(cause)})`, { cause });
  }
  const calibration = parse(text, path);
  if (!isFor(calibration, target)) {
    throw new CalibrationFileError(
      path,
      `is a calibration of ${identityOf(calibration)}, not of ${identityOf(target)}`,
    );
  }
  return { path, calibration };
}

function parse(text: string, path: string): Calibration {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new CalibrationFileError(path, 'is not JSON', { cause });
  }
  const checked = calibrationSchema.safeParse(raw);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue?.path.join('.') || 'the file';
  throw new CalibrationFileError(path, `is not a calibration (${place}: ${issue?.message ?? 'wrong'})`);
}

/** `sentiment@0123456789ab--llama3.2_3b--<12 hex digits of the whole target>.json` */
function pathOf(folder: string, target: CalibrationTarget): string {
  const key = createHash('sha256').update(identityOf(target)).digest('hex').slice(0, 12);
  const parts = [target.prompt, target.model].map((part) => part.replaceAll(/[^\w.@-]+/g, '_').slice(0, 60));
  return join(folder, `${[...parts, key].join('--')}.json`);
}
