import type { Transform } from 'node:stream';
import { createGunzip, createGzip, type Zlib } from 'node:zlib';
import { messageOf, systemCodeOf } from '../foundation/errors/chorale-error.js';
import { shellWord } from '../foundation/text/message-text.js';
import { InputError } from './data-errors.js';
import { bytesOf, type Sink } from './stream-sinks.js';
import { fileTypeOfStart } from './unsupported-file-types.js';

/**
 * Packing or unpacking, step by step: what comes out of each piece is answered before the next one goes in, so memory
 * is bounded by the piece (gzip makes at most a thousand bytes of one). Calls are sequential.
 */
class ZlibSteps {
  readonly #stream: Transform & Zlib;
  #output: Uint8Array[] = [];
  /** Whether the packed data has come to its end, whatever was given after it. */
  hasEnded = false;
  #failure: { readonly error: Error } | null = null;
  /** Ends the step that is under way. */
  #done = () => {};

  constructor(stream: Transform & Zlib) {
    this.#stream = stream;
    stream.on('data', (bytes: Uint8Array) => this.#output.push(bytes));
    stream.on('end', () => {
      this.hasEnded = true;
      this.#done();
    });
    stream.on('error', (error) => {
      this.#failure = { error };
      this.#done();
    });
  }

  /** How many bytes of what was given were used. */
  get used(): number {
    return this.#stream.bytesWritten;
  }

  /** Gives one piece, and answers what comes out of it. */
  push(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#step(() => this.#stream.write(bytes, () => this.#done()));
  }

  /** Answers the rest. */
  end(): Promise<readonly Uint8Array[]> {
    return this.#step(() => this.#stream.end());
  }

  /** Frees what the system holds for it. */
  destroy(): void {
    this.#stream.destroy();
  }

  async #step(start: () => void): Promise<readonly Uint8Array[]> {
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      start();
    });
    if (this.#failure) throw this.#failure.error;
    const output = this.#output;
    this.#output = [];
    return output;
  }
}

/** Bytes that are unpacked in one step; they become 16 MiB at most. */
const pieceBytes = 16_384;

/**
 * Unpacks gzip data, also where it is several packed files one after the other.
 * @param path what the file is called in errors
 * @throws InputError if the data is not gzip, truncated or damaged; what `chunks` throws
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const steps = new ZlibSteps(createGunzip());
  let given = 0;
  try {
    for await (const chunk of chunks) {
      if (given === 0) refusePlain(chunk, path);
      for (let start = 0; start < chunk.length; start += pieceBytes) {
        const piece = chunk.subarray(start, start + pieceBytes);
        if (!steps.hasEnded) yield* await explained(path, steps.push(piece));
        given += piece.length;
        if (steps.hasEnded) refuseRest(piece.subarray(Math.max(0, piece.length - (given - steps.used))), path);
      }
    }
    if (given === 0) throw new InputError({ path }, 'is empty');
    if (!steps.hasEnded) yield* await explained(path, steps.end());
  } finally {
    steps.destroy();
  }
}

function refusePlain(start: Uint8Array, path: string): void {
  if (start[0] === 0x1f && (start[1] === 0x8b || start.length === 1)) return;
  const type = fileTypeOfStart(start, path);
  if (type) throw new InputError({ path }, `is ${type.name}, although its name ends in .gz; ${type.advice}`);
  const plain = shellWord(path.replace(/\.gz$/i, ''));
  throw new InputError(
    { path },
    `is not gzip data, although its name ends in .gz; rename it: mv ${shellWord(path)} ${plain}`,
  );
}

/** After the end of the data there may be zeros only: some programs fill a block with them. */
function refuseRest(rest: Uint8Array, path: string): void {
  if (rest.every((byte) => byte === 0)) return;
  throw new InputError({ path }, 'the gzip data is damaged: something else follows after its end');
}

async function explained<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const problem =
      systemCodeOf(error) === 'Z_BUF_ERROR'
        ? 'the gzip data ends too early: the file is truncated'
        : `the gzip data is damaged (${messageOf(error)})`;
    throw new InputError({ path }, `${problem}; get or pack it again`, { cause: error });
  }
}

/** Packs what is written, step by step, into another sink. */
export function gzipSink(packed: Sink): Sink {
  const steps = new ZlibSteps(createGzip());
  const pass = async (parts: readonly Uint8Array[]) => {
    for (const part of parts) await packed.write(part);
  };
  return {
    write: async (chunk) => pass(await steps.push(bytesOf(chunk))),
    async finish() {
      await pass(await steps.end());
      await packed.finish();
    },
    async discard() {
      steps.destroy();
      await packed.discard();
    },
  };
}
