import { renderRunList } from '../../../report/render-run-list.js';
import type { RunListFlags } from '../../flags.js';
import { printJson } from '../../print-json.js';
import { printTables } from '../../print-tables.js';
import { storeExists, storePath, withArchive } from '../../runs/open-archive.js';
import { toEntry } from '../../runs/to-view.js';
import { tell } from '../../standard-streams.js';

/** `chorale runs list`: the recorded runs, newest first. */
export async function listRuns(flags: RunListFlags): Promise<number> {
  const entries = (await storeExists(flags))
    ? await withArchive(flags, (archive) =>
        archive
          .list()
          .slice(0, flags.limit)
          .map((run) => toEntry(archive, run)),
      )
    : [];
  if (flags.json) await printJson(entries);
  else if (entries.length > 0) await printTables(() => renderRunList(entries));
  if (entries.length === 0) tell(`no runs are recorded in ${await storePath(flags)}`);
  return 0;
}
