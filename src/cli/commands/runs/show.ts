import { renderRun } from '../../../report/render-run.js';
import type { RecordedRunsFlags } from '../../flags.js';
import { printJson } from '../../print-json.js';
import { printTables } from '../../print-tables.js';
import { findRun } from '../../runs/find-run.js';
import { withArchive } from '../../runs/open-archive.js';
import { toView } from '../../runs/to-view.js';

/** `chorale runs show`: what a run was, and what came of it. */
export async function showRun(names: readonly string[], flags: RecordedRunsFlags): Promise<number> {
  const [name = ''] = names;
  const view = await withArchive(flags, (archive) => toView(archive, findRun(archive, name)));
  if (flags.json) await printJson(view);
  else await printTables(() => renderRun(view));
  return 0;
}
