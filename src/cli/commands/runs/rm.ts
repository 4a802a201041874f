import { renderBytes, shortRunId } from '../../../report/index.js';
import type { RunArchive, RunHeader } from '../../../store/index.js';
import type { RecordedRunsFlags } from '../../flags.js';
import { printError } from '../../print-error.js';
import { findRun } from '../../runs/find-run.js';
import { storeBytes, withArchive } from '../../runs/open-archive.js';
import { printJson } from '../../runs/print-json.js';
import { print } from '../../standard-streams.js';

/**
 * `chorale runs rm`: removes runs. Where one is not known none is removed; one that is being worked on stays, and does
 * not keep the others.
 */
export async function removeRuns(names: readonly string[], flags: RecordedRunsFlags): Promise<number> {
  const before = storeBytes(flags);
  const { removed, failures } = await withArchive(flags, (archive) => removeAll(archive, names));
  const freed = Math.max(0, before - storeBytes(flags));
  if (flags.json) await printJson({ removed: removed.map(({ id }) => id), freed_bytes: freed });
  else {
    for (const { id, command } of removed) await print(`removed ${shortRunId(id)} (${command})\n`);
    if (removed.length > 0) await print(freed > 0 ? `${renderBytes(freed)} are free now\n` : keepsSize);
  }
  const codes = failures.map((failure) => printError(failure, flags.verbose === true));
  return codes[0] ?? 0;
}

const keepsSize = 'the file keeps its size: later runs use the room\n';

function removeAll(archive: RunArchive, names: readonly string[]) {
  const runs = new Map(names.map((name) => findRun(archive, name)).map((run) => [run.id, run]));
  const removed: RunHeader[] = [];
  const failures: unknown[] = [];
  for (const run of runs.values()) {
    try {
      archive.remove(run.id);
      removed.push(run);
    } catch (error) {
      failures.push(error);
    }
  }
  return { removed, failures };
}
