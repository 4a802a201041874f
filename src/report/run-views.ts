import * as z from 'zod';
import { type DifferingPart, differingParts } from '../analysis/fingerprint.js';
import type { OutcomeRecord } from '../analysis/run-store.js';
import { compareRuns, type RowPair, type RowPrediction, type RunComparison } from '../evaluate/compare-runs.js';
import type { RunArchive, RunHeader } from '../store/runs/run-archive.js';

/** A recorded run in short. The names are those of `chorale runs list --json`. */
export interface RunEntry {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  /** Null while the run is being worked on, or where its process ended without a word. */
  readonly ended_at: string | null;
  /** Null if the run does not say. */
  readonly provider: string | null;
  readonly model: string | null;
  readonly prompt: string | null;
  readonly input: {
    /** Absolute paths, or `-`. */
    readonly names: readonly string[];
    /** SHA-256 in hex; null if the input can be read only once. */
    readonly digest: string | null;
    /** Null if it was not read beforehand. */
    readonly rows: number | null;
  };
  /** What is recorded. */
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  /** Rows that the run is over, after `--limit`, `--sample` and `--split`; null if they were not counted. */
  readonly rows: number | null;
  /** At the end of the last session that ended, a failed row as a wrong one; null if there are no gold labels. */
  readonly accuracy: number | null;
  /** The same on the rows that were answered. */
  readonly accuracy_answered: number | null;
}

/** Rows that failed in the same way. */
export interface FailureView {
  readonly code: string | null;
  readonly message: string | null;
  readonly count: number;
  /** The first of them. */
  readonly examples: readonly { readonly index: number; readonly id: string }[];
}

/** All that is known of a run. The names are those of `chorale runs show --json`. */
export interface RunView extends RunEntry {
  /** Which columns and rows are used. */
  readonly choice: unknown;
  readonly fingerprint: { readonly hash: string; readonly parts: Readonly<Record<string, string>> };
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Counts by label, and shares of the answered rows. */
  readonly sentiment: Readonly<Record<string, { readonly count: number; readonly share: number }>>;
  /** The most frequent first. */
  readonly failures: readonly FailureView[];
  /** As the last session wrote it; null if none ended. */
  readonly summary: Readonly<Record<string, unknown>> | null;
}

/** Two runs side by side. The names are those of `chorale runs compare --json`. */
export interface ComparisonView extends RunComparison {
  readonly a: RunEntry;
  readonly b: RunEntry;
  readonly fingerprint: { readonly same: boolean; readonly differing: readonly DifferingPart[] };
  /** Whether the contents are the same; null if that is not known. */
  readonly same_input: boolean | null;
}

/** A recorded run in short, under the names of `--json`. */
export function viewEntry(archive: RunArchive, run: RunHeader): RunEntry {
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
    ...accuraciesOf(summary),
  };
}

/** All that is known of a run, under the names of `--json`. */
export function viewRun(archive: RunArchive, run: RunHeader): RunView {
  const labels = [...archive.labels(run.id)];
  const answered = labels.reduce((sum, [, count]) => sum + count, 0);
  return {
    ...viewEntry(archive, run),
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

const confusionData = z.object({ counts: z.array(z.array(z.number())), unanswered: z.array(z.number()) });

/** From the counts, since summaries of earlier versions have the accuracy of the answered rows. */
function accuraciesOf(summary: Readonly<Record<string, unknown>> | null) {
  const { data } = confusionData.safeParse(summary?.confusion);
  if (!data) return { accuracy: numberOf(summary?.accuracy), accuracy_answered: null };
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const right = sum(data.counts.map((row, label) => row[label] ?? 0));
  const answered = sum(data.counts.map(sum));
  const of = (rows: number) => (rows === 0 ? null : right / rows);
  return { accuracy: of(answered + sum(data.unanswered)), accuracy_answered: of(answered) };
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

/** Two recorded runs, row by row. */
export function viewComparison(archive: RunArchive, a: RunHeader, b: RunHeader, flips: number): ComparisonView {
  const differing = differingParts(archive.fingerprint(a.id).parts, archive.fingerprint(b.id).parts);
  const digestA = archive.input(a.id).digest;
  const digestB = archive.input(b.id).digest;
  return {
    a: viewEntry(archive, a),
    b: viewEntry(archive, b),
    fingerprint: { same: differing.length === 0, differing },
    same_input: digestA === null || digestB === null ? null : digestA === digestB,
    ...compareRuns(predictionPairs(archive, a, b), {
      rowsA: a.answered + a.failed,
      rowsB: b.answered + b.failed,
      flips,
    }),
  };
}

function* predictionPairs(archive: RunArchive, a: RunHeader, b: RunHeader): Generator<RowPair> {
  for (const pair of archive.pairs(a.id, b.id)) yield { a: toPrediction(pair.a), b: toPrediction(pair.b) };
}

function toPrediction({ id, status, prediction, expected }: OutcomeRecord): RowPrediction {
  return { id, status, sentiment: prediction?.label ?? null, expected };
}
