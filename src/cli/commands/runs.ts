import { existsSync } from 'node:fs';
import { differingParts } from '../../analysis/fingerprint.js';
import type { OutcomeRecord } from '../../analysis/run-store.js';
import { StoreError } from '../../analysis/store-errors.js';
import { compareRuns, type RowPair, type RowPrediction } from '../../evaluate/compare-runs.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { renderBytes } from '../../report/format-values.js';
import { concludeComparison, renderComparison } from '../../report/render-run-comparison.js';
import {
  type ComparisonView,
  type RunEntry,
  type RunView,
  renderRun,
  renderRunList,
  shortRunId,
} from '../../report/render-runs.js';
import { openDatabase } from '../../store/libsql/open-database.js';
import { openRunArchive, type RunArchive, type RunHeader } from '../../store/runs/run-archive.js';
import type { FlagsOf, RecordedRunsFlags } from '../options/command-options.js';
import { loadConfig } from '../options/config-file.js';
import { optionTable } from '../options/option-table.js';
import { defaultOf } from '../options/parse-options.js';
import { printError } from '../print-error.js';
import type { Terminal } from '../terminal.js';

/** `chorale runs list`: the recorded runs, newest first. */
export async function listRuns(_: readonly string[], flags: FlagsOf<'runsList'>, terminal: Terminal): Promise<number> {
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

/** `chorale runs show`: the configuration and the results of a run. */
export async function showRun(names: readonly string[], flags: RecordedRunsFlags, terminal: Terminal): Promise<number> {
  const [name = ''] = names;
  const view = await withArchive(flags, (archive) => toView(archive, findRun(archive, name)));
  if (flags.json) await terminal.printJson(view);
  else await terminal.printTables(() => renderRun(view));
  return 0;
}

/** `chorale runs compare`: how two runs differ, and whether that proves one of them better. */
export async function compareRecordedRuns(
  names: readonly string[],
  flags: FlagsOf<'runsCompare'>,
  terminal: Terminal,
): Promise<number> {
  const [nameA = '', nameB = ''] = names;
  const view = await withArchive(flags, (archive) => {
    const a = findRun(archive, nameA);
    const b = findRun(archive, nameB);
    return compareIn(archive, a, b, flags.flips ?? defaultOf('flips'));
  });
  if (flags.json) await terminal.printJson({ ...view, conclusion: concludeComparison(view) });
  else await terminal.printTables(() => renderComparison(view));
  return 0;
}

function compareIn(archive: RunArchive, a: RunHeader, b: RunHeader, flips: number): ComparisonView {
  const differing = differingParts(archive.fingerprint(a.id).parts, archive.fingerprint(b.id).parts);
  const digestA = archive.input(a.id).digest;
  const digestB = archive.input(b.id).digest;
  return {
    a: toEntry(archive, a),
    b: toEntry(archive, b),
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

/**
 * The run of this id, or the only one whose id begins so; `latest` is the newest.
 * @throws RunUnknownError if there is none, or more than one
 */
function findRun(archive: RunArchive, name: string): RunHeader {
  if (name.trim() === '') throw new UsageError('an empty id names no run; chorale runs list shows those there are');
  const newest = name === 'latest' ? archive.list()[0] : undefined;
  return newest ?? archive.find(name);
}

/** The file of the store. @throws ConfigError */
async function storePath({ store }: RecordedRunsFlags): Promise<string> {
  return store ?? (await loadConfig(undefined)).store ?? optionTable.store.default;
}

/** Whether there is a store at all: a reader makes none. */
async function storeExists(flags: RecordedRunsFlags): Promise<boolean> {
  return existsSync(await storePath(flags));
}

/** How much of the file is in use: the rest is free for later runs, if it is not given back to the disk. */
async function usedBytes(flags: RecordedRunsFlags): Promise<number> {
  const database = openDatabase(await storePath(flags));
  try {
    const pragma = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  } finally {
    database.close();
  }
}

/**
 * Calls a function with the recorded runs, and closes their store.
 * @param removes whether runs will be removed: a read-only store is then rejected
 * @throws StoreError if it is not there, damaged, or of a newer schema
 */
async function withArchive<R>(
  flags: RecordedRunsFlags,
  work: (archive: RunArchive) => R | Promise<R>,
  removes = false,
): Promise<R> {
  const path = await storePath(flags);
  if (!existsSync(path)) {
    const remedy = 'name the file in which they are with --store, or run chorale analyze first';
    throw new StoreError(path, 'there is no such file, so no runs are recorded in it', remedy);
  }
  const archive = openRunArchive(path, { removes });
  try {
    return await work(archive);
  } finally {
    archive.close();
  }
}

/** A recorded run in short, under the names of `--json`. */
function toEntry(archive: RunArchive, run: RunHeader): RunEntry {
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
function toView(archive: RunArchive, run: RunHeader): RunView {
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
