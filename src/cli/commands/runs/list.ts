import { renderRunList } from '../../../report/render-runs.js';
import type { RunListFlags } from '../../flags.js';
import { storeExists, storePath, withArchive } from '../../runs/open-archive.js';
import { toEntry } from '../../runs/to-view.js';
import type { Terminal } from '../../terminal.js';

/** `chorale runs list`: the recorded runs, newest first. */
export async function listRuns(_: readonly string[], flags: RunListFlags, terminal: Terminal): Promise<number> {
  const entries = (await storeExists(flags))
    ? await withArchive(flags, (archive) =>
        archive
          .list()
          .slice(0, flags.limit)
          .map((run) => toEntry(archive, run)),
      )
    : [];
  if (flags.json) await terminal.printJson(entries);
  else if (entries.length > 0) await terminal.printTables(() => renderRunList(entries));
  if (entries.length === 0) terminal.log(`no runs are recorded in ${await storePath(flags)}`);
  return 0;
}
