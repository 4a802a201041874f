import { type ColumnMetaData, type Compressors, parquetRead, type SchemaTree, snappyUncompress } from 'hyparquet';
import { checkPageSize, hasChecksum, type PageHeader, parsePageHeader } from './pages.js';
import type { RandomAccess } from './random-access.js';

/** A page of the file, with its header. */
interface Page {
  readonly header: PageHeader;
  readonly bytes: Uint8Array;
}

/** Bytes that are read from the file at a time. */
const windowBytes = 262_144;
/** Page headers are short; one that is longer than this is none. */
const maxHeaderBytes = 16 * 1024 * 1024;

/**
 * The rows of one column of values in one row group, as raw values: what stands in a list or an optional group is in
 * arrays, one level for each. hyparquet decodes a whole column chunk at once, so it is given a file with one page at a
 * time (or the pages of one row that does not end with its page): memory holds that and the dictionary.
 */
export class ColumnRows {
  readonly #file: RandomAccess;
  readonly #meta: ColumnMetaData;
  readonly #path: readonly SchemaTree[];
  readonly #compressors: Compressors;
  readonly #repeatedLevels: number;
  readonly #end: number;
  /** Position of the next page in the file, and what was read from there on. */
  #position: number;
  #window: Uint8Array = new Uint8Array(0);
  #dictionary: Page | null = null;
  /** A page that was read to know whether the row before it ends. */
  #ahead: Page | null = null;
  /** Values and nulls of the pages that are to come. */
  #left: number;
  #rows: readonly unknown[] = [];
  #taken = 0;

  /** @param path from the root of the schema to the column */
  constructor(file: RandomAccess, meta: ColumnMetaData, path: readonly SchemaTree[], compressors: Compressors) {
    this.#file = file;
    this.#meta = meta;
    this.#path = path;
    this.#compressors = compressors;
    this.#repeatedLevels = path.filter(({ element }) => element.repetition_type === 'REPEATED').length;
    this.#position = Number(meta.dictionary_page_offset || meta.data_page_offset);
    this.#end = this.#position + Number(meta.total_compressed_size);
    this.#left = Number(meta.num_values);
  }

  /** Rows that can be taken. */
  get available(): number {
    return this.#rows.length - this.#taken;
  }

  /** Reads until there are rows to take, or no more pages. */
  async fill(): Promise<void> {
    while (this.available === 0) {
      const pages = await this.#wholeRows();
      if (pages.length === 0) return;
      this.#rows = await this.#decode(pages);
      this.#taken = 0;
    }
  }

  take(count: number): readonly unknown[] {
    this.#taken += count;
    return this.#rows.slice(this.#taken - count, this.#taken);
  }

  /** The next page, and the pages after it that continue its last row. */
  async #wholeRows(): Promise<readonly Page[]> {
    const pages: Page[] = [];
    for (;;) {
      const page = this.#ahead ?? (await this.#nextPage());
      this.#ahead = null;
      if (page === null) return pages;
      if (pages.length > 0 && !this.#continuesRow(page)) {
        this.#ahead = page;
        return pages;
      }
      pages.push(page);
      // Pages of the second version end with a row.
      if (this.#repeatedLevels === 0 || page.header.kind === 'data-v2') return pages;
    }
  }

  async #nextPage(): Promise<Page | null> {
    while (this.#left > 0) {
      const header = await this.#readHeader();
      const { length, kind, packedLength, values, checksum } = header;
      if (length + packedLength > this.#end - this.#position) throw new Error('the header of a page is damaged');
      checkPageSize(header);
      const bytes = await this.#peek(length + packedLength);
      this.#position += bytes.length;
      this.#window = this.#window.subarray(bytes.length);
      if (checksum !== undefined && !hasChecksum(bytes.subarray(length), checksum)) {
        throw new Error('checksum mismatch in a page');
      }
      if (kind === 'dictionary') this.#dictionary = { header, bytes };
      if (kind === 'dictionary' || kind === 'other') continue;
      if (values > this.#left) throw new Error(`a page has ${values} values, but only ${this.#left} are left`);
      if (header.usesDictionary && this.#dictionary === null) throw new Error('its dictionary is missing');
      this.#left -= values;
      if (values > 0) return { header, bytes };
    }
    return null;
  }

  async #readHeader(): Promise<PageHeader> {
    for (let size = 1024; ; size *= 8) {
      const bytes = await this.#peek(size);
      if (bytes.length === 0) throw new Error('it ends too early');
      try {
        return parsePageHeader(bytes);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        if (bytes.length < size || size > maxHeaderBytes) throw new Error('a page has no header', { cause: error });
      }
    }
  }

  /** The next bytes of the column, without moving on: `length` of them, or as many as there are. */
  async #peek(length: number): Promise<Uint8Array> {
    const left = this.#end - this.#position;
    const wanted = Math.min(length, left);
    if (this.#window.length < wanted) {
      this.#window = await this.#file.read(this.#position, Math.min(Math.max(wanted, windowBytes), left));
    }
    return this.#window.subarray(0, wanted);
  }

  /** Whether the first repetition level of a page (in runs or packed bits) is not 0. */
  #continuesRow({ header, bytes }: Page): boolean {
    const packed = bytes.subarray(header.length);
    if (header.kind === 'data-v2') return false;
    const page = this.#unpack(packed, header.unpackedLength);
    let at = 4;
    const isPacked = ((page[at] ?? 0) & 1) === 1;
    while ((page[at] ?? 0) >= 128) at += 1;
    const bits = 32 - Math.clz32(this.#repeatedLevels);
    return ((page[at + 1] ?? 0) & (isPacked ? 2 ** bits - 1 : 255)) !== 0;
  }

  #unpack(bytes: Uint8Array, length: number): Uint8Array {
    const { codec } = this.#meta;
    if (codec === 'UNCOMPRESSED') return bytes;
    if (codec !== 'SNAPPY') return this.#compressors[codec]?.(bytes, length) ?? bytes;
    const page = new Uint8Array(length);
    snappyUncompress(bytes, page);
    return page;
  }

  async #decode(pages: readonly Page[]): Promise<readonly unknown[]> {
    const dictionary = pages.some(({ header }) => header.usesDictionary) ? this.#dictionary : null;
    const bytes = Buffer.concat([...(dictionary ? [dictionary] : []), ...pages].map((page) => page.bytes));
    const buffer = new Uint8Array(bytes).buffer;
    const values = pages.reduce((sum, { header }) => sum + header.values, 0);
    const rows: unknown[] = [];
    await parquetRead({
      file: { byteLength: buffer.byteLength, slice: () => buffer },
      metadata: this.#fileOf(buffer.byteLength, values),
      compressors: this.#compressors,
      utf8: false,
      parsers: { timestampFromNanoseconds: (nanos) => nanos },
      onPage: ({ columnData }) => {
        for (const value of columnData) rows.push(value);
      },
    });
    if (this.#path.length === 2 && this.#repeatedLevels === 0 && rows.length !== values) {
      throw new Error('a page does not have as many values as its header says');
    }
    // hyparquet reads zeros from an empty dictionary; any other value that is missing shows when it is converted.
    if (dictionary?.header.values === 0 && hasValue(rows)) {
      throw new Error('a value is not in its dictionary');
    }
    return rows;
  }

  /** The footer of a file that has these pages alone. Without types of values, so that the values stay raw. */
  #fileOf(length: number, values: number): NonNullable<Parameters<typeof parquetRead>[0]['metadata']> {
    const { type, codec, encodings, path_in_schema } = this.#meta;
    const schema = this.#path.map(({ element: { name, repetition_type, type: leaf, type_length } }, position) =>
      position < this.#path.length - 1
        ? { name, num_children: 1, ...(repetition_type && { repetition_type }) }
        : {
            name,
            ...(leaf && { type: leaf }),
            ...(type_length !== undefined && { type_length }),
            ...(repetition_type && { repetition_type }),
          },
    );
    const sizes = { total_compressed_size: BigInt(length), total_uncompressed_size: BigInt(length) };
    const meta = { type, codec, encodings, path_in_schema, num_values: BigInt(values), data_page_offset: 0n, ...sizes };
    const group = {
      columns: [{ file_offset: 0n, meta_data: meta }],
      total_byte_size: BigInt(length),
      num_rows: BigInt(values),
    };
    return { version: 2, schema, num_rows: BigInt(values), row_groups: [group], metadata_length: 0 };
  }
}

function hasValue(raw: unknown): boolean {
  return Array.isArray(raw) ? raw.some(hasValue) : raw !== null;
}
