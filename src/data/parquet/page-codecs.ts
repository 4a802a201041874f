import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';

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

/** Whether the bytes have the checksum that their header gives; true where this version of Node cannot tell. */
export function hasChecksum(bytes: Uint8Array, checksum: number): boolean {
  return typeof zlib.crc32 !== 'function' || zlib.crc32(bytes) === checksum >>> 0;
}
