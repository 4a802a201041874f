import { UsageError } from '../../foundation/errors/common-errors.js';
import type { RunArchive, RunHeader } from '../../store/runs/run-archive.js';

/**
 * The run of this id, or the only one whose id begins so; `latest` is the newest.
 * @throws RunUnknownError where there is none, or more than one
 */
export function findRun(archive: RunArchive, name: string): RunHeader {
  if (name.trim() === '') throw new UsageError('an empty id names no run; chorale runs list shows those there are');
  const newest = name === 'latest' ? archive.list()[0] : undefined;
  return newest ?? archive.find(name);
}
