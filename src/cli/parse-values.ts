import { InvalidArgumentError } from 'commander';
import { labelProblem, type PromptOptions } from '../classify/prompt/prompt.js';
import { type DataFormat, formatOf } from '../data/data-source.js';
import { encodingNamed } from '../data/encodings.js';
import { descriptorOf } from '../data/stream-sinks.js';
import { type ExperimentPlan, optionNames } from '../evaluate/experiment/experiment-plan.js';
import { nearestName } from '../foundation/text/message-text.js';
import { cleanLabel } from '../foundation/text/visible-text.js';
import { parseDuration } from './config/duration.js';
import { parseRate } from './config/rate.js';
import { parseThreshold, type Threshold } from './config/threshold.js';
import { parseVariantThreshold, type VariantThreshold } from './config/variant-threshold.js';
import { quotedList } from './quoted-list.js';

/** Where results go, and in which form. */
export interface OutputTarget {
  /** `-` is stdout. */
  readonly path: string;
  readonly format: DataFormat;
}

const formats: readonly DataFormat[] = ['csv', 'tsv', 'jsonl', 'json', 'parquet'];

/** A parser of whole numbers from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A parser of durations above `least` milliseconds (or equal to it, where that is 0). */
export function duration(least: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms < least)
      throw new InvalidArgumentError('It must be a duration such as 500ms, 30s or 2m.');
    return ms;
  };
}

/** A rate; how many a second. */
export function rate(text: string): number {
  const perSecond = parseRate(text);
  if (perSecond === undefined) throw new InvalidArgumentError('It must be a rate such as 10/s or 600/min, above 0.');
  return perSecond;
}

/** A text that is not blank. */
export function filled(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** One address or several, separated by commas, collected. */
export function collectHosts(text: string, before: readonly string[] = []): readonly string[] {
  const hosts = text.split(',').map((host) => host.trim());
  if (hosts.includes('')) throw new InvalidArgumentError('It must not be empty.');
  return [...before, ...hosts];
}

/** A comma-separated list of labels; one with a comma in it is quoted. */
export function labelList(text: string): readonly string[] {
  return checkedLabels(listOf(text));
}

/** Labels, without what nobody sees of them. */
export function checkedLabels(given: readonly string[]): readonly string[] {
  const labels = given.map(cleanLabel);
  const problem = labelProblem(labels);
  if (problem !== undefined) {
    throw new InvalidArgumentError(`It must be two or more different labels, separated by commas (${problem}).`);
  }
  return labels;
}

function listOf(text: string): readonly string[] {
  const list = quotedList(text);
  if (!list) throw new InvalidArgumentError('It must be a list such as a,"b, c",d, with every quote closed.');
  return list;
}

/** A list of cells that count as blank. */
export function blankList(text: string): readonly string[] {
  const cells = listOf(text);
  if (cells.includes('')) throw new InvalidArgumentError('It must be a list such as N/A,null.');
  return cells;
}

const delimiterNames: Readonly<Record<string, string>> = {
  tab: '\t',
  '\\t': '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
  space: ' ',
};

/** What separates cells: one character, or its name. */
export function delimiter(text: string): string {
  const character = delimiterNames[text.toLowerCase()] ?? text;
  if (!/^[ !#-~\t]$/.test(character) || /[\w]/.test(character))
    throw new InvalidArgumentError('It must be one sign such as ; or |, or tab.');
  return character;
}

/** The name of an encoding. */
export function encoding(text: string): string {
  const name = encodingNamed(text);
  if (name === null)
    throw new InvalidArgumentError('It must be an encoding such as utf-16le, windows-1252, iso-8859-2 or shift_jis.');
  return name;
}

/**
 * `a=x,b=y` as a map from values of the label column to labels, collected. An empty label leaves rows out. A pair with a
 * comma in it is quoted; what stands before the last equals sign is the value.
 */
export function labelMap(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const map = new Map(before);
  for (const pair of listOf(text)) {
    const end = pair.lastIndexOf('=');
    const [from, to] = [cleanLabel(pair.slice(0, Math.max(0, end))), cleanLabel(pair.slice(end + 1))];
    if (from === '')
      throw new InvalidArgumentError('It must be of the form a=x,b=y, or a= for values that are no label.');
    if (map.has(from) && map.get(from) !== to) throw new InvalidArgumentError(`It translates '${from}' twice.`);
    map.set(from, to);
  }
  return map;
}

/** The format of standard input. */
export function dataFormat(text: string): DataFormat {
  const format = text === 'ndjson' ? 'jsonl' : formats.find((known) => known === text);
  if (!format) throw new InvalidArgumentError(`It must be one of ${formats.join(', ')}.`);
  return format;
}

/** `FILE` or `FORMAT:PATH`, collected. Every name of stdout is `-`. */
export function collectOutput(text: string, before: readonly OutputTarget[] = []): readonly OutputTarget[] {
  const target = parseOutput(text);
  if (before.some(({ path }) => path === target.path)) throw new InvalidArgumentError('It is given twice.');
  return [...before, target];
}

function parseOutput(text: string): OutputTarget {
  const prefix = formats.find((format) => text.startsWith(`${format}:`));
  const path = stdoutAs('-', prefix ? text.slice(prefix.length + 1) : text);
  if (path === '-' && !prefix) throw new InvalidArgumentError('Say the format of stdout too, as in jsonl:-.');
  if (path === '-' && prefix === 'parquet') {
    throw new InvalidArgumentError('Parquet cannot be written to stdout; write it to a file, or jsonl:-.');
  }
  const format = prefix ?? formatOf(path);
  if (path === '' || !format) {
    throw new InvalidArgumentError(
      `It must end in .${formats.join(', .')} (or .gz after it), or say the format as in csv:PATH.`,
    );
  }
  return { path, format };
}

/** A path, in which stdout has one name only. */
function stdoutAs(name: string, path: string): string {
  return descriptorOf(path) === 1 ? name : path;
}

/** Where events go: `-` is stderr. Every standard stream has one name only. */
export function eventsTarget(text: string): string {
  const path = filled(text);
  return descriptorOf(path) === 2 ? '-' : stdoutAs('/dev/stdout', path);
}

/** A file for people to read: `-` is stdout, whatever it was called. */
export function fileOrStdout(text: string): string {
  return stdoutAs('-', filled(text));
}

/** A condition such as `accuracy>=0.8`, collected. */
export function collectThreshold(text: string, before: readonly Threshold[] = []): readonly Threshold[] {
  const threshold = parseThreshold(text);
  if (!threshold) throw new InvalidArgumentError("It must be a condition such as 'macro_f1>=0.8'.");
  return [...before, threshold];
}

/** A condition such as `accuracy.lower>=0.75`, with the name of a variant in front or not, collected. */
export function collectVariantThreshold(
  text: string,
  before: readonly VariantThreshold[] = [],
): readonly VariantThreshold[] {
  const threshold = parseVariantThreshold(text);
  if (!threshold) {
    throw new InvalidArgumentError(
      "It must be a condition such as 'macro_f1>=0.8' or 'VARIANT: accuracy.lower>=0.75'.",
    );
  }
  return [...before, threshold];
}

/** Names, collected: none of them blank. */
export function collectNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, filled(text)];
}

/** `temperature=0,0.7`: an option of the generation and the values to try, collected. */
export function collectOptionValues(
  text: string,
  before: NonNullable<ExperimentPlan['options']> = {},
): NonNullable<ExperimentPlan['options']> {
  const [name = '', list, ...rest] = text.split('=').map((part) => part.trim());
  const numbers = list?.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const values = rest.length === 0 && numbers?.every(Number.isFinite) ? numbers : undefined;
  if (!values) throw new InvalidArgumentError('It must be of the form temperature=0,0.7.');
  const key = new Map<string, keyof PromptOptions>(Object.entries(optionNames)).get(name);
  if (!key) {
    const known = Object.keys(optionNames);
    throw new InvalidArgumentError(
      `'${name}' is no option; nearest known: ${nearestName(name, known) ?? known.join(', ')}.`,
    );
  }
  if (before[key]) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...before, [key]: values };
}

/** One output: `FILE` or `FORMAT:PATH`. */
export function output(text: string): OutputTarget {
  const target = parseOutput(text);
  if (target.path === '-') throw new InvalidArgumentError('It must be a file.');
  return target;
}
