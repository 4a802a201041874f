import { labelProblem } from '../../classify/labels.js';
import type { PromptOptions } from '../../classify/prompt/prompt.js';
import { isReserved, isTemplateName } from '../../classify/prompt/reserved-names.js';
import { type DataFormat, dataFormats, formatNamed, formatOf, isText, splitSheet } from '../../data/data-format.js';
import { encodingNamed, encodingNames } from '../../data/encodings.js';
import { descriptorOf } from '../../data/stream-sinks.js';
import { type ExperimentPlan, optionNames } from '../../evaluate/experiment/experiment-plan.js';
import { parseList, parsePairs } from '../../foundation/text/list-text.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { cleanLabel } from '../../foundation/text/visible-text.js';
import { parseThreshold, parseVariantThreshold, type Threshold, type VariantThreshold } from './threshold.js';

/** Why the text of an option is invalid: a sentence. */
export class InvalidValue extends Error {}

/** What restricts the values of an option. */
export interface OptionRule {
  /** The smallest value of a number, or of a duration in milliseconds. */
  readonly least?: number;
  /** The largest value of a number. */
  readonly most?: number;
  /** The values of the type `choice`. */
  readonly choices?: readonly string[];
}

/** Where results go, and in which form. */
export interface OutputTarget {
  /** `-` is stdout. */
  readonly path: string;
  readonly format: DataFormat;
  /** Of a workbook, if it is named. */
  readonly sheet?: string | undefined;
}

type OptionValueLists = NonNullable<ExperimentPlan['options']>;

/** What the parsers of `optionTypes` return. */
export type OptionTypes = { readonly [T in keyof typeof optionTypes]: ReturnType<(typeof optionTypes)[T]> };

/**
 * Parses a text, by the type of its option. A type of which several may be given gets the value before, and returns it with
 * the new one.
 * @throws InvalidValue
 */
export const optionTypes = {
  switch: (text: string) => {
    if (text !== 'true' && text !== 'false') throw new InvalidValue('It must be true or false.');
    return text === 'true';
  },
  text: filled,
  texts: (text: string, _: OptionRule, before: readonly string[] = []): readonly string[] => [...before, filled(text)],
  choice: (text: string, { choices = [] }: OptionRule): string => {
    if (!choices.includes(text)) throw new InvalidValue(`It must be one of ${choices.join(', ')}.`);
    return text;
  },
  wholeNumber: (text: string, { least = 0, most }: OptionRule): number => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
    const limit = most === undefined ? '' : ` and at most ${most}`;
    throw new InvalidValue(`It must be a whole number of at least ${least}${limit}.`);
  },
  /** Different ones, upwards. */
  wholeNumbers: (text: string, { least = 1, most = Number.MAX_SAFE_INTEGER }: OptionRule): readonly number[] => {
    const numbers = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
    if (!numbers.every((number) => number >= least && number <= most)) {
      throw new InvalidValue(`It must be whole numbers from ${least} to ${most}, such as 1,2,4.`);
    }
    return [...new Set(numbers)].sort((a, b) => a - b);
  },
  amount: (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new InvalidValue('It must be a number above 0.');
  },
  duration: (text: string, { least = 1 }: OptionRule): number => {
    const ms = withUnit(text, { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 });
    if (ms !== undefined && ms >= least) return ms;
    throw new InvalidValue('It must be a duration such as 500ms, 30s or 2m.');
  },
  /** Per second. */
  rate: (text: string): number => {
    const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(s|min)\s*$/.exec(text) ?? [];
    const rate = Number(count) / (unit === 'min' ? 60 : 1);
    if (rate > 0 && Number.isFinite(rate)) return rate;
    throw new InvalidValue('It must be a rate such as 10/s or 600/min, above 0.');
  },
  /** In bytes. */
  size: (text: string): number => {
    const bytes = withUnit(text.replace(' ', ''), { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 });
    if (bytes !== undefined) return Math.round(bytes);
    throw new InvalidValue('It must be a size such as 500MB or 2GB.');
  },
  hosts: (text: string, _: OptionRule, before: readonly string[] = []): readonly string[] => {
    const hosts = text.split(',').map((host) => host.trim());
    if (hosts.includes('')) throw new InvalidValue('It must not be empty.');
    return [...before, ...hosts];
  },
  labels: (text: string): readonly string[] => {
    const labels = listOf(text).map(cleanLabel);
    const problem = labelProblem(labels);
    if (problem === undefined) return labels;
    throw new InvalidValue(`It must be two or more different labels, separated by commas (${problem}).`);
  },
  list: (text: string, _: OptionRule, before: readonly string[] = []): readonly string[] => {
    const entries = listOf(text);
    if (entries.includes('')) throw new InvalidValue('It must be a list such as N/A,null.');
    return [...before, ...entries];
  },
  /** `a=x,"b, c"=y`: an empty label excludes rows. */
  labelMap: (text: string, _: OptionRule, before: ReadonlyMap<string, string> = new Map()) => {
    const map = new Map(before);
    for (const pair of parsePairs(text) ?? unclosed('a=x,"b, c"=y')) {
      const [from, to] = pair.map(cleanLabel) as [string, string];
      if (from === '') throw new InvalidValue('It must be of the form a=x,b=y, or a= for values that are not labels.');
      if (map.has(from) && map.get(from) !== to) throw new InvalidValue(`It translates '${from}' twice.`);
      map.set(from, to);
    }
    return map as ReadonlyMap<string, string>;
  },
  /** `name=Column Name`: a name in templates, and the column that it stands for. */
  columnNames: (text: string, _: OptionRule, before: ReadonlyMap<string, string> = new Map()) => {
    const [, name = '', column = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(text) ?? [];
    if (name === '' || column === '') throw new InvalidValue('It must be of the form name=Column Name.');
    if (!isTemplateName(name))
      throw new InvalidValue(`'${name}' is no name for a template: letters, digits, _ and - only.`);
    if (isReserved(name)) throw new InvalidValue(`'${name}' is reserved in templates: choose another name.`);
    if ((before.get(name) ?? column) !== column) throw new InvalidValue(`'${name}' stands for two columns.`);
    return new Map([...before, [name, column]]) as ReadonlyMap<string, string>;
  },
  /** The sign that separates cells, or its name. */
  delimiter: (text: string): string => {
    const names: Readonly<Record<string, string>> = {
      ...{ tab: '\t', '\\t': '\t', comma: ',', semicolon: ';', pipe: '|', space: ' ' },
    };
    const sign = names[text.toLowerCase()] ?? text;
    if (/^[ !#-~\t]$/.test(sign) && !/\w/.test(sign)) return sign;
    throw new InvalidValue('It must be one sign such as ; or |, or tab.');
  },
  encoding: (text: string): string => {
    const name = encodingNamed(text);
    if (name !== null) return name;
    const near = nearestName(text.trim(), encodingNames);
    const hint = near === null ? '' : ` (the nearest name is ${near})`;
    throw new InvalidValue(`It must be an encoding such as utf-16le, windows-1252, iso-8859-2 or shift_jis${hint}.`);
  },
  dataFormat: (text: string): DataFormat => {
    const format = formatNamed(text);
    if (format) return format;
    throw new InvalidValue(`It must be one of ${dataFormats.join(', ')}.`);
  },
  /** `FILE` or `FORMAT:PATH`. */
  output: (text: string): OutputTarget => {
    const target = parseOutput(text);
    if (target.path === '-') throw new InvalidValue('It must be a file.');
    return target;
  },
  outputs: (text: string, _: OptionRule, before: readonly OutputTarget[] = []): readonly OutputTarget[] => {
    const target = parseOutput(text);
    if (before.some(({ path }) => path === target.path)) throw new InvalidValue('It is given twice.');
    return [...before, target];
  },
  /** A path; `-` is stderr. Every standard stream has one name only. */
  eventsTarget: (text: string): string => {
    const path = filled(text);
    return descriptorOf(path) === 2 ? '-' : stdoutAs('/dev/stdout', path);
  },
  fileOrStdout: (text: string): string => stdoutAs('-', filled(text)),
  thresholds: (text: string, _: OptionRule, before: readonly Threshold[] = []): readonly Threshold[] => {
    const threshold = parseThreshold(text);
    if (threshold) return [...before, threshold];
    throw new InvalidValue("It must be a condition such as 'macro_f1>=0.8'.");
  },
  variantThresholds: (
    text: string,
    _: OptionRule,
    before: readonly VariantThreshold[] = [],
  ): readonly VariantThreshold[] => {
    const threshold = parseVariantThreshold(text);
    if (threshold) return [...before, threshold];
    throw new InvalidValue("It must be a condition such as 'macro_f1>=0.8' or 'VARIANT: accuracy.lower>=0.75'.");
  },
  /** `temperature=0,0.7`: an option of the generation and the values to try. */
  optionValues: (text: string, _: OptionRule, before: OptionValueLists = {}): OptionValueLists => {
    const [name = '', list, ...rest] = text.split('=').map((part) => part.trim());
    const numbers = list?.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    const values = rest.length === 0 && numbers?.every(Number.isFinite) ? numbers : undefined;
    if (!values) throw new InvalidValue('It must be of the form temperature=0,0.7.');
    const key = new Map<string, keyof PromptOptions>(Object.entries(optionNames)).get(name);
    if (!key) {
      const known = Object.keys(optionNames);
      const near = nearestName(name, known) ?? known.join(', ');
      throw new InvalidValue(`'${name}' is not an option; nearest known: ${near}.`);
    }
    if (before[key]) throw new InvalidValue(`${name} is given twice.`);
    return { ...before, [key]: values };
  },
};

function filled(text: string): string {
  if (text.trim() === '') throw new InvalidValue('It must not be empty.');
  return text;
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(text.trim()) ?? [];
  const factor = units[unit];
  return factor === undefined ? undefined : Number(count) * factor;
}

function listOf(text: string): readonly string[] {
  return parseList(text) ?? unclosed('a,"b, c",d');
}

function unclosed(example: string): never {
  throw new InvalidValue(`It must be a list in one line such as ${example}, with every quote closed.`);
}

function parseOutput(text: string): OutputTarget {
  const prefix = dataFormats.find((format) => text.startsWith(`${format}:`));
  const named = splitSheet(prefix ? text.slice(prefix.length + 1) : text);
  const path = stdoutAs('-', named.path);
  if (path === '-' && !prefix) throw new InvalidValue('Say the format of stdout too, as in jsonl:-.');
  if (path === '-' && prefix !== undefined && !isText(prefix)) {
    const what = prefix === 'xlsx' ? 'A workbook' : 'Parquet';
    throw new InvalidValue(`${what} cannot be written to stdout; write it to a file, or jsonl:-.`);
  }
  const format = prefix ?? formatOf(path);
  if (path !== '' && format) return { path, format, ...sheetOf(named.sheet) };
  throw new InvalidValue(
    `It must end in .${dataFormats.join(', .')} (or .gz after it), or say the format as in csv:PATH.`,
  );
}

/** The sheet to write, by the rules of Excel for its name. */
function sheetOf(sheet: string | undefined): Pick<OutputTarget, 'sheet'> {
  if (sheet === undefined) return {};
  if (sheet.length <= 31 && !/[[\]/\\:*?]|^'|'$|\p{Cc}/u.test(sheet)) return { sheet };
  throw new InvalidValue("The name of a sheet has at most 31 characters, none of []:*?/\\, and no ' at its ends.");
}

/** A path, in which stdout has one name only. */
function stdoutAs(name: string, path: string): string {
  return descriptorOf(path) === 1 ? name : path;
}
