import { renderRun } from '../../../report/render-runs.js';
import type { RecordedRunsFlags } from '../../flags.js';
import { findRun } from '../../runs/find-run.js';
import { withArchive } from '../../runs/open-archive.js';
import { toView } from '../../runs/to-view.js';
import type { Terminal } from '../../terminal.js';

/** `chorale runs show`: what a run was, and what came of it. */
export async function showRun(names: readonly string[], flags: RecordedRunsFlags, terminal: Terminal): Promise<number> {
  const [name = ''] = names;
  const view = await withArchive(flags, (archive) => toView(archive, findRun(archive, name)));
  if (flags.json) await terminal.printJson(view);
  else await terminal.printTables(() => renderRun(view));
  return 0;
}
