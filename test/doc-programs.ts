import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

/** A program in a page of the documentation: a block marked `ts`. */
export interface DocProgram {
  /** Name of the file that it is written to, without its ending. */
  readonly name: string;
  /** The heading under which it stands. */
  readonly heading: string;
  readonly code: string;
  /** What the page says that it prints: the block marked `text` that follows at once. */
  readonly output: string | undefined;
}

/** The programs of a page, in order. @param page relative to the root */
export function docPrograms(page: string): readonly DocProgram[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm)];
  return blocks.map(({ index, 1: code = '', 2: output }, number) => ({
    name: `${page.replace(/\W+/g, '-')}-${number + 1}`,
    heading:
      text
        .slice(0, index)
        .match(/^#+ .*$/gm)
        ?.at(-1)
        ?.replace(/^#+ /, '') ?? page,
    code,
    output,
  }));
}
