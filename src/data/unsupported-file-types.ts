import { shellWord } from '../foundation/text/message-text.js';
import { InputError } from './data-errors.js';

/** A type of file that is not read, and what the user can do about it. */
export interface FileType {
  /** For people: `a ZIP archive`. */
  readonly name: string;
  readonly advice: string;
}

interface KnownType {
  readonly name: string;
  /** How names of such files end. */
  readonly endings?: RegExp;
  /** How such files begin, one character a byte. */
  readonly start?: string;
  /** Entries in archives that identify the program of a document. */
  readonly entry?: string;
  readonly advice: (path: string) => string;
}

const zip = 'PK\x03\x04';
const saveAsXlsx = () => 'save it as .xlsx in the spreadsheet program';
const noTable = () => 'it is not a table: put the reviews into a .csv file, one a row, under a header';
const exportRows = () => 'export the rows as .csv or .parquet';
const unpack = (command: string) => (path: string) => `unpack it: ${command} ${shellWord(path)}`;
const rename = (advice: string) => () => advice;

// The more special come first: a workbook is a ZIP archive as well.
const types: readonly KnownType[] = [
  { name: 'an old Excel workbook', endings: /\.xls$/i, advice: saveAsXlsx },
  { name: 'an Excel workbook of another kind', endings: /\.xls[mb]$/i, advice: saveAsXlsx },
  { name: 'an Excel workbook', start: zip, entry: 'xl/', advice: () => 'give it a name that ends in .xlsx' },
  { name: 'an old Excel workbook, or one with a password', start: '\xd0\xcf\x11\xe0', advice: saveAsXlsx },
  {
    name: 'an OpenDocument spreadsheet',
    endings: /\.ods$/i,
    start: zip,
    entry: 'opendocument.spreadsheet',
    advice: saveAsXlsx,
  },
  { name: 'a Numbers document', endings: /\.numbers$/i, advice: () => 'export it as .xlsx' },
  { name: 'a Word document', endings: /\.docx?$/i, start: zip, entry: 'word/', advice: noTable },
  { name: 'a text document', endings: /\.(?:odt|rtf|pages)$/i, start: '{\\rtf', advice: noTable },
  { name: 'a PDF document', endings: /\.pdf$/i, start: '%PDF-', advice: noTable },
  { name: 'a tar archive', endings: /\.(?:tar(?:\.\w+)?|tgz)$/i, advice: unpack('tar -xf') },
  { name: 'a ZIP archive', endings: /\.zip$/i, start: zip, advice: unpack('unzip') },
  { name: 'bzip2 data', endings: /\.bz2$/i, start: 'BZh91AY&SY', advice: unpack('bunzip2 -k') },
  { name: 'Zstandard data', endings: /\.zstd?$/i, start: '\x28\xb5\x2f\xfd', advice: unpack('unzstd') },
  { name: 'xz data', endings: /\.(?:xz|lzma)$/i, start: '\xfd7zXZ', advice: unpack('unxz -k') },
  { name: 'a 7-Zip archive', endings: /\.7z$/i, start: '7z\xbc\xaf', advice: unpack('7z x') },
  { name: 'a RAR archive', endings: /\.rar$/i, start: 'Rar!\x1a', advice: unpack('unrar x') },
  { name: 'Arrow data', endings: /\.(?:arrow|feather)$/i, start: 'ARROW1\0', advice: exportRows },
  { name: 'an Avro file', endings: /\.avro$/i, start: 'Obj\x01', advice: exportRows },
  { name: 'an ORC file', endings: /\.orc$/i, advice: exportRows },
  { name: 'a SQLite database', endings: /\.(?:sqlite3?|db)$/i, start: 'SQLite format 3\0', advice: exportRows },
  { name: 'a Parquet file', start: 'PAR1\x15', advice: rename('give it a name that ends in .parquet') },
  {
    name: 'gzip data',
    start: '\x1f\x8b',
    advice: rename('unpack it with gunzip, or give it a name that ends in .gz'),
  },
];

/** The most bytes at the start of a file that identify its type. */
export const fileTypeBytes = 16_384;

/** @throws InputError if the name of a file is that of a type that is not read */
export function refuseFileType(path: string): void {
  const type = describe(
    types.find(({ endings }) => endings?.test(path)),
    path,
  );
  if (type) throw new InputError({ path }, `is ${type.name}; ${type.advice}`);
}

/** What a file is that is neither text nor in a format that is read here, by its first bytes; null for any other. */
export function fileTypeOfStart(start: Uint8Array, path: string): FileType | null {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, fileTypeBytes)).toString('latin1');
  return describe(
    types.find(({ start: mark, entry = '' }) => mark !== undefined && text.startsWith(mark) && text.includes(entry)),
    path,
  );
}

function describe(type: KnownType | undefined, path: string): FileType | null {
  return type ? { name: type.name, advice: type.advice(path) } : null;
}
