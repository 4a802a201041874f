import type { FieldType, FileMetadata, PlainType } from '../column-types.js';

/** One field of the new schema: one that is there already, by its position, or a new one. */
export type SchemaField = number | { readonly name: string; readonly type: FieldType };

const continuation = 0xffffffff;
/** The tag of a schema among the headers of a message. */
const schemaHeader = 1;
/** The slot of a schema that names features of the format that it uses. */
const featuresSlot = 3;
/** The tags of types in a field: https://github.com/apache/arrow/blob/main/format/Schema.fbs */
const typeTags = { integer: 2, number: 3, text: 5, boolean: 6, list: 12, struct: 13 } as const;

/** What stands in the table of a type. */
const typeDetails: Readonly<Record<keyof typeof typeTags, Slots>> = {
  text: {},
  boolean: {},
  integer: { 0: ['int', 64], 1: ['byte', 1] },
  number: { 0: ['short', 2] },
  list: {},
  struct: {},
};

/**
 * The value of `ARROW:schema` in the footer of a Parquet file (an Arrow IPC message with a schema, in base64) with other
 * fields: without them readers that trust it would look for fields that it has not. The fields that stay are not touched,
 * so that time zones, durations and extension types stay as they are: the new tables are put before the old bytes, and
 * refer to the fields in them.
 * @param choose makes the new fields of the names of the old ones; null if they do not fit
 * @param metadata what stands beside the value in the footer: readers take what is in the schema instead
 * @returns null if the value is no such message, or nothing was chosen
 */
export function withArrowFields(
  encoded: string,
  choose: (names: readonly string[]) => readonly SchemaField[] | null,
  metadata: FileMetadata = [],
): string | null {
  try {
    const message = Buffer.from(encoded, 'base64');
    const start = message.readUInt32LE(0) === continuation ? 8 : 4;
    const old = new FlatTables(message.subarray(start));
    const root = old.follow(0);
    const schema = old.reference(root, 2);
    const fields = schema === null ? null : old.vector(schema, 1);
    if (schema === null || fields === null || old.byte(root, 1) !== schemaHeader) return null;
    const chosen = choose(fields.map((field) => old.text(field, 0)));
    if (!chosen) return null;
    const bytes = rewrite(old, { root, schema, fields }, chosen, metadata);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(continuation, 0);
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes]).toString('base64');
  } catch (error) {
    // Positions outside of the message: it is none.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface OldSchema {
  readonly root: number;
  readonly schema: number;
  readonly fields: readonly number[];
}

function rewrite(
  old: FlatTables,
  { root, schema, fields }: OldSchema,
  chosen: readonly SchemaField[],
  metadata: FileMetadata,
): Buffer {
  const writer = new FlatWriter();
  const message = writer.table({ 0: ['short', old.short(root, 0)], 1: ['byte', schemaHeader], 2: ['reference'] });
  writer.refer(0, message.position);
  const features = old.reference(schema, featuresSlot);
  const table = writer.table({
    0: ['short', old.short(schema, 0)],
    1: ['reference'],
    2: ['reference'],
    ...(features !== null && { [featuresSlot]: ['reference'] as const }),
  });
  writer.refer(message.at(2), table.position);
  const list = writer.vector(chosen.length);
  writer.refer(table.at(1), list);
  const kept: (readonly [at: number, field: number])[] = [];
  chosen.forEach((field, position) => {
    const at = list + 4 + 4 * position;
    if (typeof field === 'number') kept.push([at, fields[field] ?? 0]);
    else writer.refer(at, writeField(writer, field.name, field.type));
  });
  const pairs = writer.vector(metadata.length);
  writer.refer(table.at(2), pairs);
  metadata.forEach(({ key, value = '' }, position) => {
    const pair = writer.table({ 0: ['reference'], 1: ['reference'] });
    writer.refer(pairs + 4 + 4 * position, pair.position);
    writer.refer(pair.at(0), writer.text(key));
    writer.refer(pair.at(1), writer.text(value));
  });
  const base = writer.align(8);
  for (const [at, field] of kept) writer.refer(at, base + field);
  if (features !== null) writer.refer(table.at(featuresSlot), base + features);
  const bytes = Buffer.concat([writer.bytes(), old.bytes]);
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

function writeField(writer: FlatWriter, name: string, type: FieldType): number {
  if (typeof type === 'string') return writeTyped(writer, name, type, []);
  const { listOf } = type;
  const item = (list: FlatWriter) =>
    typeof listOf === 'string' ? writeField(list, 'element', listOf) : writeStruct(list, 'element', listOf);
  return writeTyped(writer, name, 'list', [item]);
}

function writeStruct(writer: FlatWriter, name: string, keys: Readonly<Record<string, PlainType>>): number {
  const parts = Object.entries(keys).map(
    ([key, type]) =>
      (struct: FlatWriter) =>
        writeField(struct, key, type),
  );
  return writeTyped(writer, name, 'struct', parts);
}

/** @param parts each writes one field below */
function writeTyped(
  writer: FlatWriter,
  name: string,
  type: keyof typeof typeTags,
  parts: readonly ((writer: FlatWriter) => number)[],
): number {
  const field = writer.table({
    0: ['reference'],
    1: ['byte', 1],
    2: ['byte', typeTags[type]],
    3: ['reference'],
    5: ['reference'],
  });
  writer.refer(field.at(0), writer.text(name));
  writer.refer(field.at(3), writer.table(typeDetails[type]).position);
  const below = writer.vector(parts.length);
  writer.refer(field.at(5), below);
  for (const [position, part] of parts.entries()) writer.refer(below + 4 + 4 * position, part(writer));
  return field.position;
}

/** Reads tables of FlatBuffers (https://flatbuffers.dev/internals). Positions count from the start of the buffer. */
class FlatTables {
  constructor(readonly bytes: Buffer) {}

  follow(at: number): number {
    return at + this.bytes.readUInt32LE(at);
  }

  reference(table: number, slot: number): number | null {
    const at = this.#slot(table, slot);
    return at === null ? null : this.follow(at);
  }

  byte(table: number, slot: number): number {
    const at = this.#slot(table, slot);
    return at === null ? 0 : this.bytes.readUInt8(at);
  }

  short(table: number, slot: number): number {
    const at = this.#slot(table, slot);
    return at === null ? 0 : this.bytes.readInt16LE(at);
  }

  text(table: number, slot: number): string {
    const at = this.reference(table, slot);
    if (at === null) return '';
    return this.bytes.toString('utf8', at + 4, at + 4 + this.bytes.readUInt32LE(at));
  }

  /** The positions that a vector of references leads to. */
  vector(table: number, slot: number): readonly number[] | null {
    const at = this.reference(table, slot);
    if (at === null) return null;
    const length = this.bytes.readUInt32LE(at);
    if (4 * length > this.bytes.length) throw new RangeError('the vector is longer than the message');
    return Array.from({ length }, (_, position) => this.follow(at + 4 + 4 * position));
  }

  #slot(table: number, slot: number): number | null {
    const layout = table - this.bytes.readInt32LE(table);
    if (4 + 2 * slot >= this.bytes.readUInt16LE(layout)) return null;
    const offset = this.bytes.readUInt16LE(layout + 4 + 2 * slot);
    return offset === 0 ? null : table + offset;
  }
}

type Slots = Readonly<Record<number, readonly ['reference'] | readonly ['int' | 'short' | 'byte', number]>>;

interface WrittenTable {
  readonly position: number;
  /** The position of the value of a slot. */
  at(slot: number): number;
}

const sizes = { reference: 4, int: 4, short: 2, byte: 1 } as const;

/** Writes tables one after the other; what they refer to comes later. */
class FlatWriter {
  #bytes = Buffer.alloc(4);

  bytes(): Buffer {
    return this.#bytes;
  }

  refer(at: number, target: number): void {
    this.#bytes.writeUInt32LE(target - at, at);
  }

  align(size: number): number {
    this.#add(Buffer.alloc((size - (this.#bytes.length % size)) % size));
    return this.#bytes.length;
  }

  table(slots: Slots): WrittenTable {
    const entries = Object.entries(slots).map(([slot, value]) => ({ slot: Number(slot), value }));
    const layout = Buffer.alloc(4 + 2 * Math.max(0, ...entries.map(({ slot }) => slot + 1)));
    const offsets = new Map<number, number>();
    let size = 4;
    // The larger first, so that each stands where its size wants it.
    for (const { slot, value } of entries.sort((a, b) => sizes[b.value[0]] - sizes[a.value[0]])) {
      offsets.set(slot, size);
      layout.writeUInt16LE(size, 4 + 2 * slot);
      size += sizes[value[0]];
    }
    layout.writeUInt16LE(layout.length, 0);
    layout.writeUInt16LE(size, 2);
    this.align(4);
    const layoutAt = this.#add(layout);
    this.align(4);
    const position = this.#add(Buffer.alloc(size));
    this.#bytes.writeInt32LE(position - layoutAt, position);
    const at = (slot: number) => position + (offsets.get(slot) ?? 0);
    for (const { slot, value } of entries) {
      if (value[0] === 'int') this.#bytes.writeInt32LE(value[1], at(slot));
      if (value[0] === 'short') this.#bytes.writeInt16LE(value[1], at(slot));
      if (value[0] === 'byte') this.#bytes.writeUInt8(value[1], at(slot));
    }
    return { position, at };
  }

  vector(length: number): number {
    this.align(4);
    const bytes = Buffer.alloc(4 + 4 * length);
    bytes.writeUInt32LE(length, 0);
    return this.#add(bytes);
  }

  text(text: string): number {
    this.align(4);
    const bytes = Buffer.from(`${text}\0`);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length - 1, 0);
    return this.#add(Buffer.concat([length, bytes]));
  }

  /** @returns where they stand */
  #add(bytes: Buffer): number {
    const position = this.#bytes.length;
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    return position;
  }
}
