import { strToU8, zipSync } from 'fflate';

/** A workbook with the XML of its parts as given: what no program would write, too. */
export interface WorkbookParts {
  /** The content of `sheetData` by the name of the sheet; or what stands there instead of the whole sheet. */
  readonly sheets: Readonly<Record<string, string>>;
  /** What follows the `sheetData` of every sheet. */
  readonly after?: string;
  readonly hidden?: readonly string[];
  /** `si` elements. */
  readonly strings?: string;
  /** What stands in `styleSheet`. */
  readonly styles?: string;
  readonly date1904?: boolean;
}

const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export function makeWorkbook(parts: WorkbookParts): Buffer {
  const { sheets, after = '', hidden = [], strings, styles, date1904 } = parts;
  const names = Object.keys(sheets);
  const relations = (list: readonly (readonly [type: string, target: string])[]) =>
    `<Relationships>${list
      .map(([type, target], index) => `<Relationship Id="r${index}" Type="${types}/${type}" Target="${target}"/>`)
      .join('')}</Relationships>`;
  const sheetXml = names.map(
    (name, index) =>
      `<sheet name="${name}" sheetId="${index + 1}" ${hidden.includes(name) ? 'state="hidden" ' : ''}r:id="r${index}"/>`,
  );
  const files: [string, string][] = [
    ['_rels/.rels', relations([['officeDocument', '/xl/workbook.xml']])],
    [
      'xl/workbook.xml',
      `<?xml version="1.0"?><workbook ${main} xmlns:r="${types}">${date1904 ? '<workbookPr date1904="1"/>' : ''}<sheets>${sheetXml.join('')}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      relations([
        ...names.map((_, index) => ['worksheet', `worksheets/sheet${index}.xml`] as const),
        ...(strings === undefined ? [] : [['sharedStrings', 'sharedStrings.xml'] as const]),
        ...(styles === undefined ? [] : [['styles', 'styles.xml'] as const]),
      ]),
    ],
    ...names.map((name, index): [string, string] => [
      `xl/worksheets/sheet${index}.xml`,
      `<worksheet ${main}><sheetData>${sheets[name]}</sheetData>${after}</worksheet>`,
    ]),
  ];
  if (strings !== undefined) files.push(['xl/sharedStrings.xml', `<sst ${main}>${strings}</sst>`]);
  if (styles !== undefined) files.push(['xl/styles.xml', `<styleSheet ${main}>${styles}</styleSheet>`]);
  return zip(files);
}

/** A ZIP archive whose files are not packed. */
export function zip(files: readonly (readonly [name: string, content: string])[]): Buffer {
  return Buffer.from(
    zipSync(Object.fromEntries(files.map(([name, content]) => [name, strToU8(content)])), { level: 0 }),
  );
}

/** Cells of a row as XML: texts in the cells themselves, numbers, booleans, nothing for null; anything else as it stands. */
export function row(
  number: number,
  ...cells: readonly (string | number | boolean | null | { readonly xml: string })[]
) {
  const written = cells.map((cell, index) => {
    const reference = `r="${String.fromCharCode(65 + index)}${number}"`;
    if (cell === null) return '';
    if (typeof cell === 'object') return cell.xml.replace('<c', `<c ${reference}`);
    if (typeof cell === 'number') return `<c ${reference}><v>${cell}</v></c>`;
    if (typeof cell === 'boolean') return `<c ${reference} t="b"><v>${Number(cell)}</v></c>`;
    return `<c ${reference} t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${number}">${written.join('')}</row>`;
}
