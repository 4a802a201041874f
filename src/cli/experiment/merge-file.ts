import { dirname, isAbsolute, join } from 'node:path';
import { formatOf } from '../../data/data-source.js';
import { optionNames } from '../../evaluate/experiment/experiment-plan.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { ConfigError, UsageError } from '../../foundation/errors/common-errors.js';
import type { ExperimentFile } from '../config/experiment-file.js';
import { loadExperiment } from '../config/load-experiment.js';
import type { ExperimentFlags } from '../flags.js';
import { checkedLabels, collectOutput, collectVariantThreshold, delimiter, encoding, output } from '../parse-values.js';

/**
 * What an experiment file says, as if it had been given as options; options that were given have precedence.
 * @throws ConfigError; UsageError where it is data
 */
export async function mergeFile(path: string | undefined, flags: ExperimentFlags): Promise<ExperimentFlags> {
  if (path === undefined) return flags;
  if (formatOf(path)) throw new UsageError(`${path} is data, no experiment file: give it with --data ${path}`);
  const ofFile = flagsOf(await loadExperiment(path), path);
  return { ...ofFile, ...flags };
}

/** Paths are understood from the folder of the file. */
function flagsOf(file: ExperimentFile, path: string): ExperimentFlags {
  const folder = dirname(path);
  const at = (name: string) => (isAbsolute(name) || name === '-' ? name : join(folder, name));
  const parsed = <T>(key: string, texts: readonly string[] | undefined, parse: (text: string, before?: T) => T) =>
    texts?.reduce<T | undefined>((before, text) => inFile(path, key, () => parse(text, before)), undefined);
  const given = {
    data: file.data === undefined ? undefined : at(file.data),
    text: file.text,
    id: file.id,
    label: file.label,
    map: file.map && new Map(Object.entries(file.map)),
    labels: file.labels && inFile(path, 'labels', () => checkedLabels(file.labels ?? [])),
    delimiter:
      file.delimiter === undefined ? undefined : inFile(path, 'delimiter', () => delimiter(`${file.delimiter}`)),
    encoding: file.encoding === undefined ? undefined : inFile(path, 'encoding', () => encoding(`${file.encoding}`)),
    blank: file.blank,
    limit: file.limit,
    split: file.split,
    sample: file.sample,
    seed: file.seed,
    provider: file.provider,
    host: file.hosts,
    prompt: file.prompts?.map((prompt) => (/[/\\]|\.prompt$/.test(prompt) ? at(prompt) : prompt)),
    model: file.models,
    option: file.options && optionsOf(file.options),
    repeats: file.repeats,
    probabilities: file.probabilities,
    assert: parsed('assert', file.assert, collectVariantThreshold),
    out: parsed('out', file.out, collectOutput)?.map((target) => ({ ...target, path: at(target.path) })),
    outDisagreements: file.out_disagreements === undefined ? undefined : targetOf(file.out_disagreements),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

  function targetOf(text: string) {
    const target = inFile(path, 'out_disagreements', () => output(text));
    return { ...target, path: at(target.path) };
  }
}

function optionsOf(options: NonNullable<ExperimentFile['options']>): ExperimentFlags['option'] {
  const given = Object.entries(optionNames).flatMap(([name, key]) => {
    const values = new Map(Object.entries(options)).get(name);
    return values === undefined ? [] : [[key, values] as const];
  });
  return Object.fromEntries(given);
}

/** What an option would refuse, the file may not say either. */
function inFile<T>(path: string, key: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new ConfigError(path, `${key}: ${messageOf(cause)}`, { cause });
  }
}
