import { isGzipped } from './data-format.js';
import { shellWord } from './shell-word.js';

/** The command that writes a file again as UTF-8, beside it; for stdin the filter to put before this program. */
export function convertCommand(path: string, encoding: string): string {
  const command = `iconv -f ${encoding} -t UTF-8`;
  if (path === '<stdin>') return `${command} | chorale …`;
  const converted = shellWord(path.replace(/(\.[^./\\]*?)?(\.gz)?$/i, (ending) => `.utf8${ending}`));
  if (isGzipped(path)) return `gunzip -c ${shellWord(path)} | ${command} | gzip > ${converted}`;
  return `${command} ${shellWord(path)} > ${converted}`;
}
