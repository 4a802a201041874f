import { readFile } from 'node:fs/promises';
import { parquetMetadata } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { openWriter } from '../../../src/data/open-writer.js';
import { withArrowFields } from '../../../src/data/parquet/arrow-schema.js';
import { commonMetadata, metadataOf } from '../../../src/data/parquet/file-metadata.js';
import { scanRows } from '../../../src/data/scan-rows.js';
import { rowsOf } from '../read-text.js';
import { tempFolder } from '../temp-folder.js';

const folder = tempFolder();
const fixture = new URL('../../fixtures/arrow/types.parquet', import.meta.url).pathname;

async function metadataIn(path: string): Promise<ReadonlyMap<string, string>> {
  const bytes = await readFile(path);
  const { key_value_metadata: found = [] } = parquetMetadata(Uint8Array.from(bytes).buffer);
  return new Map(found.map(({ key, value = '' }) => [key, value]));
}

function arrowNames(encoded: string): readonly string[] {
  let names: readonly string[] = [];
  withArrowFields(encoded, (found) => {
    names = found;
    return null;
  });
  return names;
}

describe('what a Parquet file says of itself', () => {
  it('goes along, with the columns that are added', async () => {
    const source = { path: fixture, format: 'parquet' } as const;
    const { columns, types, metadata } = await scanRows([source]);
    const said = [...metadata, { key: 'mine', value: 'x' }, { key: 'empty' }];
    const path = folder.path('along.parquet');
    const fieldTypes = { index: 'integer', confidence: 'number', cached: 'boolean' } as const;
    const fieldNames = ['index', 'confidence', 'cached', 'status'];
    const writer = await openWriter({
      path,
      format: 'parquet',
      columns,
      types,
      fieldNames,
      fieldTypes,
      metadata: said,
    });
    for (const row of await rowsOf([source])) await writer.write(row, { index: row.index, status: 'ok' });
    await writer.end();
    const found = await metadataIn(path);
    expect(found.get('mine')).toBe('x');
    expect(found.has('empty')).toBe(true);
    const added = ['chorale_index', 'chorale_confidence', 'chorale_cached', 'chorale_status'];
    expect(arrowNames(found.get('ARROW:schema') ?? '')).toEqual([...columns, ...added]);
    // Once more: what this program wrote is read as any other file.
    const again = await scanRows([{ path, format: 'parquet' }]);
    expect(again.columns).toEqual([...columns, ...added]);
  });

  const table = { columns: ['a'], fieldNames: ['n'], fieldTypes: { n: 'integer' } } as const;

  it('names the added features of a Hugging Face data set', () => {
    const value = JSON.stringify({ info: { features: { a: { dtype: 'string', _type: 'Value' } } } });
    const [entry] = metadataOf([{ key: 'huggingface', value }], table);
    expect(JSON.parse(entry?.value ?? '')).toEqual({
      info: {
        features: { a: { dtype: 'string', _type: 'Value' }, chorale_n: { dtype: 'int64', _type: 'Value' } },
      },
    });
    for (const odd of ['no JSON', '{}', '{"info":[]}', 'null'])
      expect(metadataOf([{ key: 'huggingface', value: odd }], table)).toEqual([{ key: 'huggingface', value: odd }]);
  });

  it('is left out where it does not fit the columns, or is no schema', async () => {
    const { metadata } = await scanRows([{ path: fixture, format: 'parquet' }]);
    const schema = metadata.find(({ key }) => key === 'ARROW:schema');
    expect(schema).toBeDefined();
    if (schema) expect(metadataOf([schema], table)).toEqual([]);
    for (const value of ['', 'AAAA', '/////wAAAAA=', Buffer.alloc(64, 255).toString('base64')])
      expect(metadataOf([{ key: 'ARROW:schema', value }], table)).toEqual([]);
  });

  it('is what all inputs say alike', () => {
    const one = [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ];
    expect(
      commonMetadata(one, [
        { key: 'b', value: '2' },
        { key: 'a', value: 'other' },
      ]),
    ).toEqual([{ key: 'b', value: '2' }]);
  });
});

describe('Parquet that takes much memory is refused with a clear line:', () => {
  it('a schema of 3,000 levels', async () => {
    const writer = new ByteWriter();
    const groups = Array.from({ length: 3000 }, (_, index) => ({
      name: `g${index}`,
      num_children: 1,
      ...(index > 0 && { repetition_type: 'OPTIONAL' as const }),
    }));
    new ParquetWriter({
      writer,
      schema: [...groups, { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }],
    }).finish();
    const path = await folder.put('deep.parquet', new Uint8Array(writer.getBuffer()));
    await expect(rowsOf([{ path, format: 'parquet' }])).rejects.toThrow(/has a schema nested deeper than 100 levels$/);
  });

  it('a page of ten million empty texts in 2 kB', async () => {
    const path = new URL('../../fixtures/arrow/empty-texts.parquet', import.meta.url).pathname;
    await expect(rowsOf([{ path, format: 'parquet' }])).rejects.toThrow(
      /a page has 10000000 values, more than 8388608; write the file with smaller pages/,
    );
  });
});
