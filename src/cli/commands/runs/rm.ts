import { renderBytes } from '../../../report/format-values.js';
import { shortRunId } from '../../../report/render-runs.js';
import type { RunArchive, RunHeader } from '../../../store/runs/run-archive.js';
import type { RecordedRunsFlags } from '../../flags.js';
import { printError } from '../../print-error.js';
import { findRun } from '../../runs/find-run.js';
import { usedBytes, withArchive } from '../../runs/open-archive.js';
import type { Terminal } from '../../terminal.js';

/**
 * `chorale runs rm`: removes runs. Where one is not known none is removed; one that is being worked on stays, and does
 * not keep the others.
 */
export async function removeRuns(
  names: readonly string[],
  flags: RecordedRunsFlags,
  terminal: Terminal,
): Promise<number> {
  const removeNamed = async (archive: RunArchive) => {
    const runs = names.map((name) => findRun(archive, name));
    const before = await usedBytes(flags);
    return { ...removeAll(archive, runs), freed: Math.max(0, before - (await usedBytes(flags))) };
  };
  const { removed, failures, freed } = await withArchive(flags, removeNamed, true);
  if (flags.json) await terminal.printJson({ removed: removed.map(({ id }) => id), freed_bytes: freed });
  else {
    for (const { id, command } of removed) await terminal.print(`removed ${shortRunId(id)} (${command})\n`);
    if (removed.length > 0) await terminal.print(`${renderBytes(freed)} are free now\n`);
  }
  const codes = failures.map((failure) => printError(terminal, failure, flags.verbose === true));
  return codes[0] ?? 0;
}

function removeAll(archive: RunArchive, runs: readonly RunHeader[]) {
  const removed: RunHeader[] = [];
  const failures: unknown[] = [];
  for (const run of new Map(runs.map((named) => [named.id, named])).values()) {
    try {
      archive.remove(run.id);
      removed.push(run);
    } catch (error) {
      failures.push(error);
    }
  }
  return { removed, failures };
}
