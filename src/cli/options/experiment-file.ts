import { dirname, isAbsolute, join } from 'node:path';
import { parseDocument } from 'yaml';
import { formatOf, splitSheet } from '../../data/data-format.js';
import { ConfigError, UsageError } from '../../foundation/errors/chorale-error.js';
import { listEntry, pairEntry } from '../../foundation/text/list-text.js';
import type { ExperimentFlags } from './command-options.js';
import type { OptionName } from './option-table.js';
import { InvalidValue } from './option-types.js';
import { parseOption } from './parse-options.js';
import { isRecord, readConfigFile, textsOf, unknownKey } from './read-config.js';

/** The keys of an experiment file, and the options of which they are. */
const keys: Readonly<Record<string, OptionName & keyof ExperimentFlags>> = {
  data: 'data',
  text: 'text',
  var: 'vars',
  id: 'id',
  label: 'label',
  field: 'field',
  map: 'map',
  labels: 'labels',
  delimiter: 'delimiter',
  encoding: 'encoding',
  blank: 'blank',
  limit: 'limit',
  split: 'split',
  sample: 'sample',
  seed: 'seed',
  provider: 'provider',
  hosts: 'hosts',
  prompts: 'prompts',
  models: 'models',
  options: 'options',
  repeats: 'repeats',
  repeat_sample: 'repeatSample',
  blocks: 'blocks',
  criterion: 'criterion',
  probabilities: 'probabilities',
  assert: 'assertVariants',
  out: 'out',
  out_probabilities: 'outProbabilities',
  out_disagreements: 'outDisagreements',
};

const optionKeys = ['temperature', 'seed', 'max_output_tokens', 'context_tokens'];

/**
 * What an experiment file (YAML) says, as if it had been given as options; options that were given have precedence.
 * @throws ConfigError; UsageError if the file is data
 */
export async function mergeExperimentFile(path: string | undefined, flags: ExperimentFlags): Promise<ExperimentFlags> {
  if (path === undefined) return flags;
  if (formatOf(splitSheet(path).path))
    throw new UsageError(`${path} is data, no experiment file: give it with --data ${path}`);
  return { ...atFolder(dirname(path), parseExperimentFile(await readConfigFile(path), path)), ...flags };
}

/** @throws ConfigError that names the key, and the nearest known one where it is unknown */
export function parseExperimentFile(text: string, path: string): ExperimentFlags {
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw new ConfigError(path, `is not YAML: ${error.message.split('\n', 1)[0]?.replace(/:$/, '')}`);
  const raw: unknown = document.toJS() ?? {};
  if (!isRecord(raw)) throw new ConfigError(path, 'the file: must have keys and values');
  const flags: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, value] of Object.entries(raw)) {
    if (key === 'description' && typeof value === 'string') continue;
    const option = keys[key];
    try {
      if (key === 'description') problems.push('description: It must be a text');
      else if (option === undefined) problems.push(unknownKey(key, Object.keys(keys)));
      else flags[option] = parseOption(option, textsIn(value, option));
    } catch (failure) {
      if (!(failure instanceof InvalidValue)) throw failure;
      problems.push(`${key}: ${failure.message.replace(/\.$/, '')}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(path, problems.join('; '));
  return flags;
}

/** A value of the file as texts of its option. @throws InvalidValue */
function textsIn(value: unknown, option: OptionName): readonly string[] {
  if (option === 'labels' && !Array.isArray(value)) throw new InvalidValue('It must be a list.');
  if (option === 'labels' || option === 'blank') return [textsOf(value, option).map(listEntry).join(',')];
  if (option === 'map' || option === 'options') {
    if (!isRecord(value)) throw new InvalidValue('It must have keys and values.');
    const unknown = Object.keys(value).find((key) => option === 'options' && !optionKeys.includes(key));
    if (unknown !== undefined) throw new InvalidValue(unknownKey(`options.${unknown}`, optionKeys));
    for (const [key, to] of Object.entries(value)) {
      const isText = typeof (to ?? '') === 'string';
      if (option === 'map' && !isText) throw new InvalidValue(`The label for '${key}' must be a text.`);
      if (option === 'options' && [to].flat().some((one) => typeof one !== 'number')) {
        throw new InvalidValue(`${key} must be a number, or a list of numbers.`);
      }
    }
    const pairs = Object.entries(value).map(([from, to]) => [from, String(to ?? '')] as const);
    if (option === 'map') return [pairs.map(([from, to]) => pairEntry(from, to)).join(',')];
    return pairs.map(([name, values]) => `${name}=${values}`);
  }
  return textsOf(value, option);
}

/** Paths are understood from the folder of the file. */
function atFolder(folder: string, flags: ExperimentFlags): ExperimentFlags {
  const at = (name: string) => (isAbsolute(name) || name === '-' ? name : join(folder, name));
  const { data, prompts, out, outProbabilities, outDisagreements } = flags;
  return {
    ...flags,
    ...(data !== undefined && { data: at(data) }),
    ...(prompts && { prompts: prompts.map((prompt) => (/[/\\]|\.prompt$/.test(prompt) ? at(prompt) : prompt)) }),
    ...(out && { out: out.map((target) => ({ ...target, path: at(target.path) })) }),
    ...(outProbabilities && { outProbabilities: { ...outProbabilities, path: at(outProbabilities.path) } }),
    ...(outDisagreements && { outDisagreements: { ...outDisagreements, path: at(outDisagreements.path) } }),
  };
}
