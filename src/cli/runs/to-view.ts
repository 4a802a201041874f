import type { RunEntry, RunView } from '../../report/render-runs.js';
import type { RunArchive, RunHeader } from '../../store/runs/run-archive.js';

/** A recorded run in short, under the names of `--json`. */
export function toEntry(archive: RunArchive, run: RunHeader): RunEntry {
  const { names, digest, scan, choice } = archive.input(run.id);
  const summary = archive.summary(run.id);
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
    rows: numberOf(summary?.items) ?? chosenRows(scan?.rows ?? null, choice),
    accuracy: numberOf(summary?.accuracy),
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

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The rows that a run is over, before a session of it has ended. */
function chosenRows(rows: number | null, choice: string): number | null {
  const parsed = parseChoice(choice);
  if (typeof parsed !== 'object' || parsed === null) return rows;
  const bounds = Object.entries(parsed).flatMap(([name, value]: [string, unknown]) =>
    ['limit', 'sample', 'rows'].includes(name) && typeof value === 'number' ? [value] : [],
  );
  const all = rows === null ? bounds : [rows, ...bounds];
  return all.length === 0 || (rows === null && !('rows' in parsed)) ? rows : Math.min(...all);
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
