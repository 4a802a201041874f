import { createHash } from 'node:crypto';
import type { DataSource } from './data-source.js';
import { readBytes } from './read-bytes.js';

/** SHA-256, in hex, of the formats and bytes of files, in order. @throws InputError; the signal's reason */
export async function digestSources(sources: readonly DataSource[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    hash.update(`\0${source.format}\0`);
    for await (const bytes of readBytes(source, signal)) hash.update(bytes);
  }
  return hash.digest('hex');
}
