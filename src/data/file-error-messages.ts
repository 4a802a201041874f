import { tmpdir } from 'node:os';
import { messageOf, systemCodeOf } from '../foundation/errors/chorale-error.js';
import { shellWord } from '../foundation/text/message-text.js';

/** What is wrong with a folder as an input. */
export const folderProblem = 'is a folder; name the files in it';

/** Why a file cannot be read, in words. */
export function describeReadFailure(error: unknown): string {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EISDIR':
      return folderProblem;
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    default:
      return `cannot be read (${systemCodeOf(error) ?? messageOf(error)})`;
  }
}

/** Why a file cannot be written, in words. @param folder the folder of the file */
export function describeWriteFailure(error: unknown, folder: string): string {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
      return `the folder does not exist; create it: mkdir -p ${shellWord(folder)}`;
    case 'ENOTDIR':
      return `cannot be written: a part of ${shellWord(folder)} is no folder`;
    case 'EISDIR':
      return 'is a folder; name a file in it';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be written: permission denied';
    case 'EROFS':
      return 'cannot be written: the file system is read-only';
    case 'ENOSPC':
      return 'cannot be written: the disk is full; free some space, or write elsewhere';
    case 'EDQUOT':
      return 'cannot be written: your quota of the disk is used up; free some space, or write elsewhere';
    case 'EFBIG':
      return 'cannot be written: the file would be larger than is allowed (ulimit -f); raise the limit, or write .gz';
    case 'EIO':
    case 'ENXIO':
    case 'ENODEV':
    case 'ESTALE':
      return `cannot be written: the disk fails, or is gone (${systemCodeOf(error)}); write elsewhere`;
    default:
      return `cannot be written (${systemCodeOf(error) ?? messageOf(error)})`;
  }
}

/** Why the folder for temporary files cannot be used, and what to do about it. */
export function temporaryFolderProblem(error: unknown): { readonly problem: string; readonly remedy: string } {
  const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  return {
    problem: `the temporary folder ${tmpdir()} cannot be used (${systemCodeOf(error) ?? messageOf(error)})`,
    remedy: `set ${variable} to a folder that can be written`,
  };
}
