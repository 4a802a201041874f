import { formatOf, isDelimited, isText, splitSheet } from '../../data/data-format.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Settings } from '../options/settings.js';

type ReadingFlags = Pick<AnalyzeFlags, 'format' | 'delimiter' | 'encoding' | 'blank'>;

/**
 * The options of a command, with what the configuration file says of reading: where no option says something else, and for
 * inputs that have separators, or an encoding.
 */
export function withConfiguredReading<F extends ReadingFlags>(
  flags: F,
  { reading: { delimiter, encoding, blank } }: Settings,
  inputs: readonly string[],
): F {
  const formats = inputs.map((input) => (input === '-' ? (flags.format ?? 'csv') : formatOf(splitSheet(input).path)));
  const areTables = formats.every(isDelimited);
  const areText = formats.every((format) => format !== null && isText(format));
  return {
    ...(areTables && delimiter !== undefined && { delimiter }),
    ...(areText && encoding !== undefined && { encoding }),
    ...(blank !== undefined && { blank }),
    ...flags,
  };
}
