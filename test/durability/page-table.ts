import { readFile, writeFile } from 'node:fs/promises';

/** Whether the tables of the docs are measured anew and written, which takes much longer; else they are only read. */
export const isWriting = process.env.CHORALE_WRITE_DOCS === '1';

/** A table in a page of `docs`. */
export interface PageTable {
  /** Its text, head included, without space around it. */
  read(): Promise<string>;
  /** Its lines without the head. */
  readLines(): Promise<readonly string[]>;
  write(table: string): Promise<void>;
}

/** The table between the comments `name` and `/name` of a page. */
export function pageTable(page: string, name: string): PageTable {
  const file = new URL(`../../docs/${page}`, import.meta.url);
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const parts = async () => {
    const [before = '', rest = ''] = (await readFile(file, 'utf8')).split(begin);
    const [written = '', after = ''] = rest.split(end);
    return { before, written, after };
  };
  const read = async () => (await parts()).written.trim();
  return {
    read,
    readLines: async () => (await read()).split('\n').slice(2),
    async write(table) {
      const { before, after } = await parts();
      await writeFile(file, `${before}${begin}\n\n${table}\n\n${end}${after}`);
    },
  };
}
