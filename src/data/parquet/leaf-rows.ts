import type { SchemaTree } from 'hyparquet';
import { assembleLists } from 'hyparquet/src/assemble.js';
import { getMaxRepetitionLevel, isFlatColumn } from 'hyparquet/src/schema.js';
import type { LeafPage, PageReader } from './page-reader.js';

/** The rows of one column in one row group, as the pages come. */
export class LeafRows {
  readonly #pages: PageReader;
  readonly #path: SchemaTree[];
  readonly #isFlat: boolean;
  readonly #isRepeated: boolean;
  /** From `#at` on not taken yet. */
  #rows: unknown[] = [];
  #at = 0;
  #ended = false;

  constructor(pages: PageReader, path: SchemaTree[]) {
    this.#pages = pages;
    this.#path = path;
    this.#isFlat = isFlatColumn(path);
    this.#isRepeated = getMaxRepetitionLevel(path) > 0;
  }

  /** Rows that can be taken. Of repeated values the last row may go on in the next page. */
  get available(): number {
    return this.#rows.length - this.#at - (this.#isRepeated && !this.#ended ? 1 : 0);
  }

  /** Reads until there are rows to take, or no more pages. */
  async fill(): Promise<void> {
    while (this.available <= 0 && !this.#ended) {
      const page = await this.#pages.next();
      if (page === null) this.#ended = true;
      else this.#add(page);
    }
  }

  take(count: number): unknown[] {
    const rows = this.#rows.slice(this.#at, this.#at + count);
    this.#at += count;
    return rows;
  }

  #add(page: LeafPage): void {
    const open = this.#rows.slice(this.#at);
    this.#at = 0;
    if (this.#isFlat) {
      this.#rows = withNulls(page);
      return;
    }
    const { definitionLevels, repetitionLevels, values } = page;
    this.#rows = [...assembleLists(open, definitionLevels, repetitionLevels, values, this.#path)];
  }
}

function withNulls({ values, definitionLevels, count }: LeafPage): unknown[] {
  let used = 0;
  const rows =
    definitionLevels.length === 0 ? values : definitionLevels.map((level) => (level > 0 ? values[used++] : null));
  const isWhole = definitionLevels.length === 0 || used === values.length;
  if (rows.length !== count || !isWhole) throw new Error('a page has not as many values as it says');
  return rows;
}
