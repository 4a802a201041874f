import type { RunEntry, RunView } from '../../report/index.js';
import type { RunArchive, RunHeader } from '../../store/index.js';

/** A recorded run in short, under the names of `--json`. */
export function toEntry(archive: RunArchive, run: RunHeader): RunEntry {
  const { names, digest, scan } = archive.input(run.id);
  return {
    run_id: run.id,
    command: run.command,
    status: run.status,
    started_at: toIso(run.startedAt),
    ended_at: run.endedAt === null ? null : toIso(run.endedAt),
    provider: archive.fingerprint(run.id).parts.provider ?? null,
    model: run.model,
    prompt: run.prompt,
    input: { names, digest, rows: scan?.rows ?? null },
    succeeded: run.answered,
    failed: run.failed,
    skipped: run.skipped,
  };
}

/** All that is known of a run, under the names of `--json`. */
export function toView(archive: RunArchive, run: RunHeader): RunView {
  const labels = [...archive.labels(run.id)];
  const answered = labels.reduce((sum, [, count]) => sum + count, 0);
  return {
    ...toEntry(archive, run),
    choice: parseChoice(archive.input(run.id).choice),
    fingerprint: archive.fingerprint(run.id),
    configuration: archive.configuration(run.id),
    sentiment: Object.fromEntries(labels.map(([label, count]) => [label, { count, share: count / answered }] as const)),
    failures: archive
      .failures(run.id)
      .map(({ code, message, count, rows }) => ({ code, message, count, examples: rows })),
    summary: archive.summary(run.id),
  };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

/** It is canonical JSON; a text that is none stays a text. */
function parseChoice(choice: string): unknown {
  try {
    return JSON.parse(choice);
  } catch {
    return choice;
  }
}
