import { tmpdir } from 'node:os';
import { messageOf } from '../foundation/errors/chorale-error.js';
import { systemCodeOf } from '../foundation/errors/system-code.js';

/** Why the folder for temporary files cannot be used, and what to do about it. */
export function temporaryFolderProblem(error: unknown): { readonly problem: string; readonly remedy: string } {
  const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  return {
    problem: `the temporary folder ${tmpdir()} cannot be used (${systemCodeOf(error) ?? messageOf(error)})`,
    remedy: `set ${variable} to a folder that can be written`,
  };
}
