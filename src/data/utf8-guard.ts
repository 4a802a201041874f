import { shellWord } from '../foundation/text/message-text.js';
import { InputError } from './data-errors.js';
import { isGzipped } from './data-format.js';
import { type ForeignEncoding, guessEncoding, hasUtf8Mark, nameByMark, nameByNuls } from './encodings.js';
import { countLineEnds } from './unread-bytes.js';
import { fileTypeOfStart } from './unsupported-file-types.js';

const nothing = new Uint8Array(0);
/** The longest byte-order mark. */
const markBytes = 4;

/**
 * Lets the bytes of one file through if they are UTF-8 text: without the byte-order mark, in whole characters.
 * Everything else ends in an InputError with the line: another encoding (named, with the command that converts it),
 * NUL bytes, an empty file.
 */
export class Utf8Guard {
  readonly #path: string;
  readonly #onMark: () => void;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** Bytes that were not let through yet: the start of the file, or of a character. */
  #held: Uint8Array = nothing;
  #started = false;
  #blank = true;
  /** Whether characters beyond ASCII were let through. */
  #hasUtf8 = false;
  /** 1-based line of the first byte that was not let through. */
  #line = 1;
  #endsWithCr = false;

  /**
   * @param path what the file is called in errors
   * @param onMark called if the file begins with a byte-order mark
   */
  constructor(path: string, onMark: () => void = () => {}) {
    this.#path = path;
    this.#onMark = onMark;
  }

  /** Checks the next bytes. The answer may lag behind them by a few bytes. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (!this.#started && bytes.length < markBytes) {
      this.#held = bytes;
      return nothing;
    }
    const whole = wholeCharacters(bytes);
    this.#held = bytes.subarray(whole);
    return this.#check(bytes.subarray(0, whole));
  }

  /** Checks that the file ended well; answers the bytes that are left. */
  end(): Uint8Array {
    const rest = this.#check(this.#held);
    if (this.#blank) throw new InputError({ path: this.#path }, 'is empty');
    return rest;
  }

  #check(bytes: Uint8Array): Uint8Array {
    const first = !this.#started && bytes.length > 0;
    if (first) {
      this.#started = true;
      const type = fileTypeOfStart(bytes, this.#path);
      if (type) throw this.#problem(bytes, 0, `is ${type.name}, not text; ${type.advice}`);
      const foreign = nameByMark(bytes);
      if (foreign) throw this.#foreign(foreign);
    }
    const nul = bytes.indexOf(0);
    if (nul !== -1) {
      const foreign = first ? nameByNuls(bytes) : null;
      throw foreign
        ? this.#foreign(foreign)
        : this.#problem(bytes, nul, 'contains a NUL byte: this is not a text file');
    }
    try {
      this.#hasUtf8 = this.#decoder.decode(bytes).length !== bytes.length || this.#hasUtf8;
    } catch {
      throw this.#notUtf8(bytes);
    }
    if (this.#blank) this.#blank = isBlank(bytes);
    this.#countLines(bytes);
    if (!first || !hasUtf8Mark(bytes)) return bytes;
    this.#onMark();
    return bytes.subarray(3);
  }

  #countLines(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#line += countLineEnds(bytes) - (this.#endsWithCr && bytes[0] === 10 ? 1 : 0);
    this.#endsWithCr = bytes[bytes.length - 1] === 13;
  }

  #foreign({ name, iconv, encoding }: ForeignEncoding): InputError {
    const help = `convert it: ${convertCommand(this.#path, iconv)}`;
    return new InputError({ path: this.#path, line: 1 }, `is ${name}, not UTF-8 text; ${help}`, { encoding });
  }

  #notUtf8(bytes: Uint8Array): InputError {
    const at = firstInvalid(bytes);
    const byte = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0');
    const hasUtf8 = this.#hasUtf8 || bytes.subarray(0, at).some((one) => one >= 0x80);
    const { words, encoding } = guessEncoding(bytes.subarray(hasUtf8 ? at : 0), hasUtf8);
    const help = hasUtf8 ? '' : `; convert it: ${convertCommand(this.#path, encoding?.toUpperCase() ?? 'ENCODING')}`;
    return this.#problem(
      bytes,
      at,
      `byte 0x${byte} is not UTF-8; ${words}${help}`,
      hasUtf8 ? undefined : (encoding ?? null),
    );
  }

  #problem(bytes: Uint8Array, at: number, problem: string, encoding?: string | null): InputError {
    this.#countLines(bytes.subarray(0, at));
    return new InputError({ path: this.#path, line: this.#line }, problem, { encoding });
  }
}

function isBlank(bytes: Uint8Array): boolean {
  const text = hasUtf8Mark(bytes) ? bytes.subarray(3) : bytes;
  return text.every((byte) => byte === 32 || (byte >= 9 && byte <= 13));
}

/** How many bytes are left when the character that the end cuts in two is taken off. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Position of the first byte that belongs to no UTF-8 character, by bisection: a prefix is valid up to it, never after. */
function firstInvalid(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  return wholeCharacters(bytes.subarray(0, valid));
}

function isPrefixOfUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The command that writes a file again as UTF-8, beside it; for stdin the filter to put before this program. */
function convertCommand(path: string, encoding: string): string {
  const command = `iconv -f ${encoding} -t UTF-8`;
  if (path === '<stdin>') return `${command} | chorale …`;
  const converted = shellWord(path.replace(/(\.[^./\\]*?)?(\.gz)?$/i, (ending) => `.utf8${ending}`));
  if (isGzipped(path)) return `gunzip -c ${shellWord(path)} | ${command} | gzip > ${converted}`;
  return `${command} ${shellWord(path)} > ${converted}`;
}
