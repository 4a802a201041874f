import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';

/** What the header of a page says about it (`PageHeader` of the format, which hyparquet does not export). */
export interface PageHeader {
  /** Bytes of the header itself. */
  readonly length: number;
  readonly kind: 'dictionary' | 'data' | 'data-v2' | 'other';
  /** Bytes of the page as it stands in the file, and unpacked. */
  readonly packedLength: number;
  readonly unpackedLength: number;
  /** CRC-32 of the page as it stands in the file. */
  readonly checksum: number | undefined;
  /** Values and nulls. */
  readonly values: number;
  readonly usesDictionary: boolean;
}

/**
 * Values of a page, and bytes when it is unpacked, at most: as many as writers make with their usual settings (8 Mi
 * booleans in 1 MiB). A small file can say that it has thousands of millions.
 */
const maxPageValues = 8 * 1024 * 1024;
export const maxPageBytes = 256 * 1024 * 1024;

const kinds = ['data', 'other', 'dictionary', 'data-v2'] as const;
/** The field of the header that describes each kind. */
const detailFields = { data: 5, dictionary: 7, 'data-v2': 8 } as const;
/** PLAIN_DICTIONARY and RLE_DICTIONARY. */
const dictionaryEncodings: readonly unknown[] = [2, 8];

/**
 * Parses the header of a page.
 * @throws RangeError if the bytes end within the header; Error where the header cannot be right
 */
export function parsePageHeader(bytes: Uint8Array): PageHeader {
  const reader = new CompactReader(bytes);
  const fields = reader.struct();
  const kind = kinds[numberAt(fields, 1)] ?? 'other';
  const details = kind === 'other' ? undefined : fields.get(detailFields[kind]);
  if (kind !== 'other' && !(details instanceof Map)) throw new Error('a page has no header');
  const detail = details instanceof Map ? details : new Map<number, ThriftValue>();
  const packedLength = numberAt(fields, 3);
  const values = kind === 'other' ? 0 : numberAt(detail, 1);
  if (kind === 'data-v2') {
    if (numberAt(detail, 2) > values) throw new Error('a page has more nulls than values');
    if (numberAt(detail, 5) + numberAt(detail, 6) > packedLength) {
      throw new Error('the levels of a page are longer than the page');
    }
  }
  const encoding = detail.get(kind === 'data-v2' ? 4 : 2);
  const checksum = fields.get(4);
  return {
    length: reader.position,
    kind,
    packedLength,
    unpackedLength: numberAt(fields, 2),
    checksum: typeof checksum === 'number' ? checksum : undefined,
    values,
    usesDictionary: kind !== 'dictionary' && dictionaryEncodings.includes(encoding),
  };
}

/** @throws Error where a page is larger than a page should be */
export function checkPageSize({ unpackedLength, values }: PageHeader): void {
  if (unpackedLength > maxPageBytes) {
    throw new Error('a page is larger than 256 MiB; write the file with smaller pages');
  }
  if (values > maxPageValues) {
    throw new Error(`a page has ${values} values, more than ${maxPageValues}; write the file with smaller pages`);
  }
}

function numberAt(fields: ThriftStruct, id: number): number {
  const value = fields.get(id);
  if (typeof value === 'number' && value >= 0) return value;
  throw new Error('the header of a page is damaged');
}

type ThriftValue = number | null | ThriftStruct;
/** Fields of a struct by their numbers; null for values that a page header has no use for. */
type ThriftStruct = Map<number, ThriftValue>;

/** Reads structs in the compact protocol of Thrift, as far as page headers use it: they have no lists and no maps. */
class CompactReader {
  position = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(): ThriftStruct {
    const fields: ThriftStruct = new Map();
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.#integer() : id + (head >> 4);
      fields.set(id, this.#value(head & 15));
    }
  }

  #value(type: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return null;
      case 3:
        return this.#skip(1);
      case 4:
      case 5:
      case 6:
        return this.#integer();
      case 7:
        return this.#skip(8);
      case 8:
        return this.#skip(this.#varint());
      case 12:
        return this.struct();
      default:
        throw new Error('a page has no header');
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.position];
    if (byte === undefined) throw new RangeError('the header of a page is not whole');
    this.position += 1;
    return byte;
  }

  #skip(length: number): null {
    this.position += length;
    return null;
  }

  /** Sums instead of shifts: a 64-bit value does not become another one. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      if (factor > 2 ** 63) throw new Error('a page has no header');
    }
  }

  #integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const own: Compressors = {
  GZIP: (input, length) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};

/** Unpacks the pages of a codec; what hyparquet and Node cannot comes from `hyparquet-compressors`, when it is needed. */
export async function pageCodecs(codecs: readonly string[]): Promise<Compressors> {
  if (!codecs.some((codec) => codec === 'ZSTD' || codec.startsWith('LZ4'))) return own;
  const { ZSTD, LZ4, LZ4_RAW } = (await import('hyparquet-compressors')).compressors;
  return { ...own, ...(ZSTD && { ZSTD }), ...(LZ4 && { LZ4 }), ...(LZ4_RAW && { LZ4_RAW }) };
}

/** Whether the bytes have the checksum that their header gives; true if this version of Node cannot tell. */
export function hasChecksum(bytes: Uint8Array, checksum: number): boolean {
  return typeof zlib.crc32 !== 'function' || zlib.crc32(bytes) === checksum >>> 0;
}
