import { InputError } from '../../data/data-errors.js';
import type { DataSource } from '../../data/data-format.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { readBytes, refuseFolder } from '../../data/read-bytes.js';
import { readRowBatches } from '../../data/read-rows.js';
import type { Row } from '../../data/row.js';
import type { PredictionColumns, PredictionFile } from '../../evaluate/predictions/predictions.js';
import { tablePredictions } from '../../evaluate/predictions/table-predictions.js';
import { toolPredictions } from '../../evaluate/predictions/tool-logs.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { foldName } from '../../foundation/text/visible-text.js';
import { sourceOf } from '../analyze/open-input.js';
import type { Io } from '../io.js';
import type { CompareFlags } from '../options/command-options.js';

/** The files of a comparison, each read as a whole. @throws InputError, ColumnError, ComparisonError, UsageError */
export async function readPredictions(
  inputs: readonly string[],
  flags: CompareFlags,
  stdin: Io['stdin'],
  signal: AbortSignal,
): Promise<readonly PredictionFile[]> {
  if (inputs.includes('-')) throw new UsageError('compare reads files: write what comes from stdin to one');
  const paths = await expandInputs(inputs);
  const wanted: PredictionColumns = {
    ...flags,
    gold: flags.goldColumn,
    blank: new Set((flags.blank ?? []).map(foldName)),
    mayNumberRows: paths.length === 1,
  };
  const files: PredictionFile[] = [];
  for (const path of paths) files.push(await readFile(path, wanted, { flags, stdin }, signal));
  requireNamed(files, flags);
  return files;
}

async function readFile(
  path: string,
  wanted: PredictionColumns,
  reading: Parameters<typeof sourceOf>[1],
  signal: AbortSignal,
): Promise<PredictionFile> {
  await refuseFolder(path);
  if (/\.eval$/i.test(path)) {
    const problem = 'inspect_ai packs this log; write it as JSON with inspect log convert --to json';
    throw new InputError({ path }, problem);
  }
  const source = sourceOf(path, reading);
  const json = source.format === 'json' ? await readObject(source, signal) : undefined;
  const found = json === undefined ? null : toolPredictions(path, json, wanted);
  return found ?? tablePredictions(path, await readAll(source, signal), wanted);
}

/** The JSON object that a file is; undefined for an array, which has rows. */
async function readObject(source: DataSource, signal: AbortSignal): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBytes(source, signal)) {
    chunks.push(chunk);
    if (chunks.length === 1 && !/^[\ufeff\s]*\{/.test(new TextDecoder().decode(chunk.subarray(0, 1_024))))
      return undefined;
  }
  return tryParseJson(new TextDecoder().decode(Buffer.concat(chunks)));
}

/** All rows of a table. */
export async function readAll(source: DataSource, signal: AbortSignal): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const batch of readRowBatches([source], { signal })) rows.push(...batch);
  return rows;
}

/** Rejects columns that no file has. */
function requireNamed(files: readonly PredictionFile[], { goldColumn: gold, predictions = [] }: CompareFlags): void {
  const known = files.flatMap(({ sets }) => sets.map(({ source }) => foldName(source)));
  const absent = predictions.find((name) => !known.includes(foldName(`column ${name}`)));
  if (absent !== undefined) throw new UsageError(`--prediction: no file has the column '${absent}'`);
  if (files.some((file) => file.gold.some(({ value }) => value !== null))) return;
  throw new UsageError(
    gold === undefined
      ? 'the column of the gold label is missing: name it with --gold'
      : `--gold: no file has a gold label in a column '${gold}'`,
  );
}
