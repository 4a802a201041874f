import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { ByteWindow } from './byte-window.js';
import { leafType } from './leaf-type.js';
import { hasChecksum } from './page-codecs.js';
import { plainValue } from './plain-value.js';
import type { RandomAccess } from './random-access.js';

/** A page of one column: its values, and at which depth each of them stands. */
export interface LeafPage {
  /** Those that are not null, as plain JSON values. */
  readonly values: unknown[];
  /** One for each value or null; none where nothing is null. */
  readonly definitionLevels: number[];
  readonly repetitionLevels: number[];
  /** Values and nulls. */
  readonly count: number;
}

/**
 * Values of a page, and bytes when it is unpacked, at most: as many as writers make with their usual settings (8 Mi
 * booleans in 1 MiB). A small file can say that it has thousands of millions.
 */
const maxPageValues = 8 * 1024 * 1024;
const maxPageBytes = 256 * 1024 * 1024;

type DataPageHeaderV2 = NonNullable<PageHeader['data_page_header_v2']>;

/** Headers are short; one that is longer than this is none. */
const maxHeaderBytes = 16 * 1024 * 1024;

/** Reads the pages of one column in one row group, one at a time: memory holds one of them and the dictionary. */
export class PageReader {
  readonly #window: ByteWindow;
  readonly #meta: ColumnMetaData;
  readonly #decoder: Parameters<typeof readDataPage>[2];
  readonly #plain: (values: DecodedArray) => unknown[];
  #dictionary: readonly unknown[] | null = null;
  /** Values and nulls that are to come. */
  #left: number;

  /** @param schemaPath from the root of the schema to the column */
  constructor(file: RandomAccess, meta: ColumnMetaData, schemaPath: SchemaTree[], compressors: Compressors) {
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    this.#window = new ByteWindow(file, start, start + Number(meta.total_compressed_size));
    this.#meta = meta;
    this.#left = Number(meta.num_values);
    const element = schemaPath.at(-1)?.element;
    if (!element) throw new Error('the column is not in the schema');
    const { codec, type, path_in_schema: pathInSchema } = meta;
    this.#decoder = {
      pathInSchema,
      type,
      element,
      schemaPath,
      codec,
      compressors,
      parsers: DEFAULT_PARSERS,
      utf8: false,
    };
    this.#plain = plainValues(this.#decoder, schemaPath);
  }

  /** The next page with values; null after the last. */
  async next(): Promise<LeafPage | null> {
    while (this.#left > 0) {
      const header = await this.#header();
      const bytes = await this.#body(header);
      if (header.type === 'DICTIONARY_PAGE') this.#dictionary = this.#readDictionary(header, bytes);
      if (header.type !== 'DATA_PAGE' && header.type !== 'DATA_PAGE_V2') continue;
      const page = this.#readData(header, bytes);
      this.#left -= page.count;
      if (page.count > 0) return page;
    }
    return null;
  }

  async #header(): Promise<PageHeader> {
    for (let size = 1024; ; size *= 8) {
      const bytes = await this.#window.peek(size);
      if (bytes.length === 0) throw new Error('it ends too early');
      const reader = { view: viewOf(bytes), offset: 0 };
      try {
        const header = parquetHeader(reader);
        this.#window.skip(reader.offset);
        return header;
      } catch (error) {
        const isWhole = bytes.length < size || size > maxHeaderBytes;
        if (isWhole || !(error instanceof RangeError)) throw new Error('a page has no header', { cause: error });
      }
    }
  }

  async #body(header: PageHeader): Promise<Uint8Array> {
    const { type, compressed_page_size: length, uncompressed_page_size: unpacked, crc } = header;
    if (type === undefined || !isCount(length) || !isCount(unpacked) || length > this.#window.remaining) {
      throw new Error('the header of a page cannot be');
    }
    if (unpacked > maxPageBytes) throw new Error('a page is larger than 256 MiB; write the file with smaller pages');
    const bytes = await this.#window.peek(length);
    this.#window.skip(length);
    if (crc !== undefined && !hasChecksum(bytes, crc))
      throw new Error('a page has not the checksum that it should have');
    return bytes;
  }

  #readDictionary(header: PageHeader, bytes: Uint8Array): readonly unknown[] {
    const { type, element } = this.#decoder;
    const count = header.dictionary_page_header?.num_values;
    if (!isCount(count)) throw new Error('a dictionary has no size');
    boundValues(count);
    const view = viewOf(this.#unpack(header, bytes));
    return this.#plain(readPlain({ view, offset: 0 }, type, count, element.type_length));
  }

  #readData(header: PageHeader, bytes: Uint8Array): LeafPage {
    const { data_page_header: v1, data_page_header_v2: v2 } = header;
    const count = (v2 ?? v1)?.num_values;
    if (!isCount(count) || count > this.#left) {
      throw new Error(
        `a page says that it has ${count} values, where ${this.#left} of ${this.#meta.num_values} are left`,
      );
    }
    boundValues(count);
    if (v2 && !levelsFit(v2, bytes.length)) throw new Error('the levels of a page are longer than the page');
    const page = v2
      ? readDataPageV2(bytes, header, this.#decoder)
      : v1 && readDataPage(this.#unpack(header, bytes), v1, this.#decoder);
    if (!page) throw new Error('a page has no header');
    const { dataPage, definitionLevels = [], repetitionLevels } = page;
    const encoded = (v2 ?? v1)?.encoding.endsWith('_DICTIONARY') === true;
    return {
      values: encoded ? this.#lookUp(dataPage) : this.#plain(dataPage),
      definitionLevels,
      repetitionLevels,
      count,
    };
  }

  #unpack({ uncompressed_page_size: length }: PageHeader, bytes: Uint8Array): Uint8Array {
    return decompressPage(bytes, length, this.#decoder.codec, this.#decoder.compressors);
  }

  #lookUp(indexes: DecodedArray): unknown[] {
    const dictionary = this.#dictionary;
    if (dictionary === null) throw new Error('its dictionary is missing');
    return Array.from(indexes, (index: unknown) => {
      const value = typeof index === 'number' ? dictionary[index] : undefined;
      if (value === undefined) throw new Error('a value is not in its dictionary');
      return value;
    });
  }
}

/** Values of a VARIANT are made plain when it is put together. */
function plainValues(
  decoder: Parameters<typeof readDataPage>[2],
  schemaPath: readonly SchemaTree[],
): (values: DecodedArray) => unknown[] {
  if (schemaPath.some(({ element }) => element.logical_type?.type === 'VARIANT')) {
    return (values) => Array.from<unknown>(convert(values, decoder));
  }
  const type = leafType(decoder.element);
  return (values) => Array.from<unknown, unknown>(values, (value) => plainValue(value, type));
}

function levelsFit(header: DataPageHeaderV2, length: number): boolean {
  const { definition_levels_byte_length: definition, repetition_levels_byte_length: repetition } = header;
  const isWhole = isCount(header.num_nulls) && header.num_nulls <= header.num_values;
  return isWhole && isCount(definition) && isCount(repetition) && definition + repetition <= length;
}

function boundValues(count: number): void {
  if (count > maxPageValues)
    throw new Error(`a page has ${count} values, more than ${maxPageValues}; write the file with smaller pages`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0;
}
