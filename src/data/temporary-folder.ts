import { tmpdir } from 'node:os';
import { messageOf, systemCodeOf } from '../foundation/errors/chorale-error.js';

/** Why the folder for temporary files cannot be used, and what to do about it. */
export function temporaryFolderProblem(error: unknown): { readonly problem: string; readonly remedy: string } {
  const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  return {
    problem: `the temporary folder ${tmpdir()} cannot be used (${systemCodeOf(error) ?? messageOf(error)})`,
    remedy: `set ${variable} to a folder that can be written`,
  };
}
