import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { nearestName } from '../../foundation/text/message-text.js';
import { InputError } from '../data-errors.js';
import { counted, mostCells, mostSheetRows } from './sheet-limits.js';

/** A workbook, and one of its sheets. */
export interface OpenWorkbook {
  /** An archive of the parts that the sheet needs, as they were checked. */
  readonly bytes: Uint8Array;
  readonly sheet: { readonly name: string /** From 1 on. */; readonly number: number };
  /** The names of all sheets, hidden ones too. */
  readonly names: readonly string[];
  /** Whether days are counted from 1904 on. */
  readonly is1904: boolean;
  /** Ranges such as `A1:C1`. */
  readonly merged: readonly string[];
}

/** The most bytes that the parts of a workbook may have, packed and unpacked. */
export const mostBytes = 256 * 1024 * 1024;

const mainPart = 'xl/workbook.xml';
const relationsPart = 'xl/_rels/workbook.xml.rels';

/** How files of older programs, and those with a password, begin. */
const olderStart = [0xd0, 0xcf, 0x11, 0xe0];

/**
 * Opens a workbook and checks what a reader trusts: sizes, row numbers and columns.
 * @param wanted the name of a sheet, in any case; undefined for the first one that is not hidden
 * @throws InputError
 */
export function openWorkbook(file: Uint8Array, wanted: string | undefined, path: string): OpenWorkbook {
  refuseOthers(file, path);
  const about = unpack(file, (name) => name === mainPart || name === relationsPart, path);
  const [main, relations] = [about[mainPart], about[relationsPart]];
  if (!main || !relations) throw new InputError({ path }, notWorkbook);
  const xml = strFromU8(main);
  const sheets = elements(xml, 'sheet').map(({ name = '', id = '', state }, index) => ({
    name,
    id,
    number: index + 1,
    isHidden: state !== undefined && state !== 'visible',
  }));
  const targets = elements(strFromU8(relations), 'Relationship');
  const sheet = chooseSheet(sheets, wanted, path);
  const part = partOf(targets.find(({ Id }) => Id === sheet.id)?.Target);
  const shared = targets.filter(({ Type = '' }) => /\/(?:sharedStrings|styles)$/.test(Type));
  const needed = new Set([part, ...shared.map(({ Target }) => partOf(Target))]);
  const parts = unpack(file, (name) => needed.has(name), path);
  const cells = parts[part];
  if (!cells) throw damaged(path, `${part} is missing in it`);
  const merged = checkSheet(cells, path);
  for (const name of needed) {
    const found = parts[name];
    if (found) parts[name] = normalized(found);
  }
  return {
    bytes: zipSync({ ...about, ...parts }, { level: 0 }),
    sheet,
    names: sheets.map(({ name }) => name),
    is1904: elements(xml, 'workbookPr').some(({ date1904 = '' }) => /^(?:1|true)$/.test(date1904)),
    merged,
  };
}

const notWorkbook = 'is not an .xlsx workbook; give it the ending of its format, or save it again as .xlsx';

/** An InputError for a workbook that is not whole. */
export function damaged(path: string, what: string, cause?: unknown): InputError {
  const advice = 'open it in the spreadsheet program and save it again';
  return new InputError({ path }, `the workbook is damaged (${what}); ${advice}`, { cause });
}

function refuseOthers(file: Uint8Array, path: string): void {
  if (file.length === 0) throw new InputError({ path }, 'is empty');
  if (file[0] === 0x50 && file[1] === 0x4b) return;
  if (!olderStart.every((byte, position) => file[position] === byte)) throw new InputError({ path }, notWorkbook);
  // The names of its streams are UTF-16.
  const isLocked = Buffer.from(file.buffer, file.byteOffset, file.length).includes('EncryptedPackage', 0, 'utf16le');
  if (!isLocked)
    throw new InputError({ path }, 'is an old Excel workbook (.xls); save it as .xlsx in the spreadsheet program');
  throw new InputError(
    { path },
    'is protected with a password; open it in the spreadsheet program and save a copy without one',
  );
}

/** Unpacks some parts, to no more than the archive says, and not to more than fits into memory. */
function unpack(file: Uint8Array, isNeeded: (name: string) => boolean, path: string): Record<string, Uint8Array> {
  let size = 0;
  try {
    return unzipSync(file, {
      filter({ name, originalSize }) {
        if (!isNeeded(name)) return false;
        size += originalSize;
        if (size > mostBytes) throw tooLarge(path);
        return true;
      },
    });
  } catch (error) {
    throw error instanceof InputError ? error : damaged(path, messageOf(error), error);
  }
}

/** An InputError for a workbook that does not fit into memory. */
export function tooLarge(path: string): InputError {
  return new InputError({ path }, 'is larger than 256 MiB unpacked; save the sheet as .csv');
}

/** The name of a part, as the one that lists the sheets refers to it. */
function partOf(target = ''): string {
  return target.startsWith('/') ? target.slice(1) : `xl/${target.replace(/^\.\//, '')}`;
}

type Attributes = Readonly<Record<string, string | undefined>>;

/** The attributes of all elements of this name, without prefixes. */
function elements(xml: string, name: string): readonly Attributes[] {
  return [...xml.matchAll(new RegExp(`<(?:\\w+:)?${name}((?:\\s[^<]*?)?)/?>`, 'g'))].map(([, text = '']) =>
    Object.fromEntries(
      [...text.matchAll(/([^\s=:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', double, single = '']) => [
        key,
        plainText(double ?? single),
      ]),
    ),
  );
}

const marks: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plainText(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return marks[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

interface Sheet {
  readonly name: string;
  readonly id: string;
  readonly number: number;
  readonly isHidden: boolean;
}

function chooseSheet(sheets: readonly Sheet[], wanted: string | undefined, path: string): Sheet {
  const [first] = sheets;
  if (!first) throw new InputError({ path }, 'has no sheet');
  if (wanted === undefined) return sheets.find(({ isHidden }) => !isHidden) ?? first;
  const isSame = ({ name }: Sheet) => name.toLowerCase() === wanted.toLowerCase();
  const found = sheets.find(({ name }) => name === wanted) ?? sheets.find(isSame);
  if (found) return found;
  const names = sheets.map(({ name }) => name);
  const near = nearestName(wanted, names);
  const guess = near === null ? '' : ` (did you mean ${quoted(near)}?)`;
  const listed = names.slice(0, 20).map((name) => quoted(name));
  const more = names.length > listed.length ? `, … (${names.length})` : '';
  throw new InputError({ path }, `has no sheet ${quoted(wanted)}${guess}; its sheets are: ${listed.join(', ')}${more}`);
}

/** Bounds the table of a sheet, for which memory is taken whole. @returns its merged cells */
function checkSheet(part: Uint8Array, path: string): readonly string[] {
  // One character a byte: what is looked at is ASCII.
  const xml = strFromU8(part, true);
  let columns = 0;
  let rows = 0;
  for (const [, number] of xml.matchAll(/<(?:\w+:)?row\s[^>]*?\br=["'](\d+)["']/g))
    rows = Math.max(rows, Number(number));
  for (const [, letters = ''] of xml.matchAll(/\sr=["']([A-Z]+)\d+["'][^>]*(?<!\/)>/g))
    columns = Math.max(columns, columnOf(letters));
  if (rows > mostSheetRows) {
    throw damaged(path, `it has a row ${rows}, and a sheet has ${counted(mostSheetRows)} rows at most`);
  }
  if (rows * columns > mostCells) {
    const size = `${counted(rows)} rows of ${counted(columns)} columns, and ${counted(mostCells)} cells are read at most`;
    throw new InputError({ path }, `has ${size}; delete what is empty, or save the sheet as .csv`);
  }
  return elements(xml.slice(endOfCells(xml)), 'mergeCell').flatMap(({ ref }) => ref ?? []);
}

/**
 * A part in the form that the reader knows: it drops CDATA and references to characters beyond the first 65,536, keeps CR at the
 * end of lines, and takes a date that is written as text for one of this time zone.
 */
function normalized(part: Uint8Array): Uint8Array {
  // One character a byte: what is replaced is ASCII.
  const xml = strFromU8(part, true);
  // The line end after the declaration changes nothing.
  if (xml.indexOf('\r', 100) === -1 && !/<!\[CDATA\[|&#| t=["']d["']/.test(xml)) return part;
  const plain = strFromU8(part)
    .replace(/\r\n?/g, '\n')
    .replace(/<!\[CDATA\[(.*?)\]\]>/gs, (_, text: string) => escaped(text))
    .replace(/&#(?:x[\da-f]+|\d+);/gi, (reference) => escaped(plainText(reference)))
    .replace(/ t=(["'])d\1/g, ' t="str"');
  return strToU8(plain);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', '_x000D_');
}

/** Position after the cells of a sheet. */
function endOfCells(xml: string): number {
  return Math.max(0, xml.lastIndexOf('sheetData'));
}

/** The 1-based number of a column. */
function columnOf(letters: string): number {
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}
