import { existsSync } from 'node:fs';
import { StoreError } from '../../analysis/store-errors.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { renderBytes } from '../../report/format-values.js';
import { concludeComparison, renderComparison } from '../../report/render-run-comparison.js';
import { renderRun, renderRunList, shortRunId } from '../../report/render-runs.js';
import { viewComparison, viewEntry, viewRun } from '../../report/run-views.js';
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
  const path = await storePath(flags);
  const listIn = (archive: RunArchive) =>
    archive
      .list()
      .slice(0, flags.limit)
      .map((run) => viewEntry(archive, run));
  const entries = existsSync(path) ? withArchive(path, listIn) : [];
  if (flags.json) await terminal.printJson(entries);
  else if (entries.length > 0) await terminal.printTables(() => renderRunList(entries));
  if (entries.length === 0) terminal.log(`no runs are recorded in ${path}`);
  return 0;
}

/** `chorale runs show`: the configuration and the results of a run. */
export async function showRun(names: readonly string[], flags: RecordedRunsFlags, terminal: Terminal): Promise<number> {
  const [name = ''] = names;
  const view = withArchive(await storePath(flags), (archive) => viewRun(archive, findRun(archive, name)));
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
  const { flips = defaultOf('flips') } = flags;
  const view = withArchive(await storePath(flags), (archive) =>
    viewComparison(archive, findRun(archive, nameA), findRun(archive, nameB), flips),
  );
  if (flags.json) await terminal.printJson({ ...view, conclusion: concludeComparison(view) });
  else await terminal.printTables(() => renderComparison(view));
  return 0;
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
  const path = await storePath(flags);
  const removeNamed = (archive: RunArchive) => {
    const runs = names.map((name) => findRun(archive, name));
    const before = usedBytes(path);
    return { ...removeAll(archive, runs), freed: Math.max(0, before - usedBytes(path)) };
  };
  const { removed, failures, freed } = withArchive(path, removeNamed, true);
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

/** How much of the file is in use: the rest is free for later runs, if it is not given back to the disk. */
function usedBytes(path: string): number {
  const database = openDatabase(path);
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
function withArchive<R>(path: string, work: (archive: RunArchive) => R, removes = false): R {
  if (!existsSync(path)) {
    const remedy = 'name the file in which they are with --store, or run chorale analyze first';
    throw new StoreError(path, 'there is no such file, so no runs are recorded in it', remedy);
  }
  const archive = openRunArchive(path, { removes });
  try {
    return work(archive);
  } finally {
    archive.close();
  }
}
