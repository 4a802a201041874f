import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutputError } from '../../data/data-errors.js';
import { writeText } from '../../data/file-sinks.js';
import { messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { type Calibration, type CalibrationTarget, calibrationSchema, identityOf, isFor } from './calibration.js';
import { CalibrationFileError } from './calibration-errors.js';

/** Permissions of a file that only its owner may read. */
const ownerOnly = 0o600;

/** A calibration and its file. */
export interface SavedCalibration {
  readonly path: string;
  readonly calibration: Calibration;
}

/**
 * Saves a calibration in a folder, under a name that is made of what it is for; an older one of the same is replaced.
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
 * Loads what was saved for a target; null where nothing was.
 * @throws CalibrationFileError where the file is no calibration, or one of something else
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
    throw new CalibrationFileError(path, 'is no JSON', { cause });
  }
  const checked = calibrationSchema.safeParse(raw);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue?.path.join('.') || 'the file';
  throw new CalibrationFileError(path, `is no calibration (${place}: ${issue?.message ?? 'wrong'})`);
}

/** `sentiment@0123456789ab--llama3.2_3b--<12 hex digits of the whole target>.json` */
function pathOf(folder: string, target: CalibrationTarget): string {
  const key = createHash('sha256').update(identityOf(target)).digest('hex').slice(0, 12);
  const parts = [target.prompt, target.model].map((part) => part.replaceAll(/[^\w.@-]+/g, '_').slice(0, 60));
  return join(folder, `${[...parts, key].join('--')}.json`);
}
