import { shellWord } from './shell-word.js';

/** The command that writes a file again as UTF-8, beside it; for stdin the filter to put before this program. */
export function convertCommand(path: string, encoding: string): string {
  const command = `iconv -f ${encoding} -t UTF-8`;
  if (path === '<stdin>') return `${command} | chorale …`;
  const converted = path.replace(/(\.[^./\\]*)?$/, (ending) => `.utf8${ending}`);
  return `${command} ${shellWord(path)} > ${shellWord(converted)}`;
}
