import type { TokenPrice } from '../../analysis/summary.js';
import { ConfigError, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import type { OptionDefinition } from './option-definition.js';
import { type OptionName, optionTable, type Values } from './option-table.js';
import { InvalidValue } from './option-types.js';
import { parseOption } from './parse-options.js';
import { defaultConfigFile, isRecord, readConfigFile, textsOf, unknownKey } from './read-config.js';

/** What a million tokens cost, by model. */
export type Prices = Readonly<Record<string, TokenPrice>>;

/** What a configuration file says. */
export type FileConfig = Values<OptionName> & { readonly prices?: Prices };

/** Each option of the configuration file, by its path there. */
const optionOf = new Map(
  Object.entries<OptionDefinition>(optionTable).flatMap(([name, { key }]) =>
    key === undefined ? [] : [[key, name as OptionName] as const],
  ),
);

/** Groups that may also be at the top level. */
const elsewhere: Readonly<Record<string, string>> = {
  provider: 'client.provider',
  model: 'client.provider.model',
  'client.model': 'client.provider.model',
};

const priceKeys = ['prompt_per_million', 'completion_per_million', 'currency'];

/** Loads a configuration file. Without a name, the default file is loaded where it exists. @throws ConfigError */
export async function loadConfig(path: string | undefined): Promise<FileConfig> {
  const file = path ?? defaultConfigFile;
  try {
    return parseConfig(await readConfigFile(file), file);
  } catch (error) {
    const isMissing = error instanceof ConfigError && systemCodeOf(error.cause) === 'ENOENT';
    if (path === undefined && isMissing) return {};
    throw error;
  }
}

/**
 * Parses the text of a configuration file; provider and model may stand under `client` or at the top level.
 * @throws ConfigError that names the key, and the nearest known one where it is unknown
 */
export function parseConfig(text: string, path: string): FileConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(path, `is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!isRecord(raw)) throw new ConfigError(path, 'the file: must be a JSON object');
  const reader = new ConfigReader(path);
  reader.readGroup(raw, '', '');
  if (reader.problems.length > 0) throw new ConfigError(path, reader.problems.join('; '));
  return reader.found;
}

class ConfigReader {
  readonly found: Record<string, unknown> = {};
  readonly problems: string[] = [];
  private readonly groups = new Set<string>();

  constructor(private readonly path: string) {}

  /**
   * @param place path of the group in the table
   * @param shown the same as the user wrote it
   */
  readGroup(group: Readonly<Record<string, unknown>>, place: string, shown: string): void {
    if (this.groups.has(place)) {
      throw new ConfigError(this.path, `names the ${place.split('.').at(-1)} more than once; keep one of the places`);
    }
    this.groups.add(place);
    for (const [key, value] of Object.entries(group)) {
      const written = place === '' ? key : `${place}.${key}`;
      const at = elsewhere[written] ?? written;
      const name = shown === '' ? key : `${shown}.${key}`;
      const option = optionOf.get(at);
      if (at === 'prices') this.readPrices(value);
      else if (option) this.readOption(option, value, name);
      else if (keysIn(at).length === 0) this.problems.push(unknownKey(name, keysIn(place)));
      else if (isRecord(value)) this.readGroup(value, at, name);
      else this.problems.push(`${name}: must be an object`);
    }
    if (place === 'client.provider.model' && group.name === undefined) this.problems.push(`${shown}.name: is missing`);
  }

  private readOption(option: OptionName, value: unknown, shown: string): void {
    try {
      this.found[option] = parseOption(option, textsOf(value, option), true);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      const problem = error.message.replace(/^It /, '').replace(/\.$/, '');
      this.problems.push(`${shown}: ${problem}${typeof value === 'object' ? '' : `, but is '${value}'`}`);
    }
  }

  private readPrices(prices: unknown): void {
    const found: Record<string, TokenPrice> = {};
    if (!isRecord(prices)) this.problems.push('prices: must be an object');
    else for (const [model, price] of Object.entries(prices)) found[model] = this.readPrice(price, `prices.${model}`);
    this.found.prices = found;
  }

  private readPrice(price: unknown, shown: string): TokenPrice {
    const given = isRecord(price) ? price : {};
    for (const key of Object.keys(given)) {
      if (!priceKeys.includes(key)) this.problems.push(unknownKey(`${shown}.${key}`, priceKeys));
    }
    const amount = (key: string) => {
      const value = given[key];
      if (typeof value === 'number' && value >= 0) return value;
      this.problems.push(`${shown}.${key}: must be a number of at least 0`);
      return 0;
    };
    const { currency = 'USD' } = given;
    if (typeof currency !== 'string' || !/^.{1,10}$/.test(currency)) {
      this.problems.push(`${shown}.currency: must be a text of 1 to 10 characters`);
    }
    return {
      promptPerMillion: amount('prompt_per_million'),
      completionPerMillion: amount('completion_per_million'),
      currency: String(currency),
    };
  }
}

/** The keys that are known at a place. */
function keysIn(place: string): readonly string[] {
  const all = [...optionOf.keys(), ...Object.keys(elsewhere), 'prices'];
  const inside =
    place === '' ? all : all.flatMap((key) => (key.startsWith(`${place}.`) ? [key.slice(place.length + 1)] : []));
  return [...new Set(inside.map((key) => key.split('.', 1)[0] ?? ''))];
}
