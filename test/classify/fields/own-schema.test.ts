import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { createAgent } from '../../../src/classify/agent.js';
import { loadPrompt, parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { createScriptedModel, type Script } from '../../../src/testing/index.js';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-schema-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    topic: { type: 'string', enum: ['delivery', 'product'], description: 'What it is about.' },
    angry: { type: 'boolean' },
    stars: { type: 'integer', minimum: 1, maximum: 5 },
    tags: { type: 'array', items: { type: 'string', enum: ['late', 'broken'] } },
    bought: { type: 'string', format: 'date' },
    aspects: {
      type: 'array',
      maxItems: 3,
      items: {
        type: 'object',
        properties: { aspect: { type: 'string', maxLength: 9 }, good: { type: 'boolean' } },
        required: ['aspect', 'good'],
        additionalProperties: false,
      },
    },
    tree: { $ref: '#/definitions/node' },
    note: { type: 'string' },
  },
  required: ['topic', 'angry', 'stars', 'tags', 'bought', 'aspects', 'tree'],
  additionalProperties: false,
  definitions: {
    node: {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/definitions/node' } } },
      required: ['name'],
    },
  },
};

const valid = {
  topic: 'delivery',
  angry: true,
  stars: 2,
  tags: ['late'],
  bought: '2026-11-30',
  aspects: [{ aspect: 'box', good: false }],
  tree: { name: 'a', children: [{ name: 'b' }] },
};

async function written(folder: string, content: unknown, more = 'label: topic', file = 'answer.json'): Promise<string> {
  await mkdir(join(folder, 'schemas'), { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(folder, 'schemas/answer.json'), text);
  const path = join(folder, 'mine.prompt');
  await writeFile(path, `---\noutput: { schema: schemas/${file}, ${more} }\n---\n{{fieldList}}\n{{review}}`);
  return path;
}

async function agentWith(path: string, script: Script = []) {
  const model = createScriptedModel(script);
  return { agent: await createAgent({ model, prompt: await loadPrompt(path) }), model };
}

/** The message of the failure to make an agent, without the beginning. */
async function problemOf(folder: string, content: unknown, more?: string, file?: string): Promise<string> {
  const path = await written(folder, content, more, file);
  return agentWith(path).then(
    () => 'it was accepted',
    (error) => `${error.code} ${error.message.replace(/^prompt \S+: /, '')}`,
  );
}

describe('a JSON schema of the user’s own', () => {
  test('its properties are fields of the types that say the same, else json', async ({ folder, expect }) => {
    const { output, labels } = await loadPrompt(await written(folder, schema));
    expect(labels).toEqual(['delivery', 'product']);
    expect(output.schema).toEqual(schema);
    expect(output.fields).toEqual([
      { name: 'topic', type: 'enum', values: ['delivery', 'product'], label: true, description: 'What it is about.' },
      { name: 'angry', type: 'boolean' },
      { name: 'stars', type: 'integer', minimum: 1, maximum: 5 },
      { name: 'tags', type: 'enums', values: ['late', 'broken'] },
      { name: 'bought', type: 'string', maxLength: Number.MAX_SAFE_INTEGER },
      {
        name: 'aspects',
        type: 'list',
        maxItems: 3,
        fields: [
          { name: 'aspect', type: 'string', maxLength: 9 },
          { name: 'good', type: 'boolean' },
        ],
      },
      { name: 'tree', type: 'json' },
      { name: 'note', type: 'json' },
    ]);
  });

  test('is sent as it is, and answers are validated against it', async ({ folder, expect }) => {
    const { agent, model } = await agentWith(await written(folder, schema), [JSON.stringify(valid)]);
    expect(await agent.classify('x')).toMatchObject({ label: 'delivery', fields: { ...valid, note: null } });
    expect(model.requests[0]?.schema).toEqual(schema);
  });

  test('each violation is one line with its path, formats included', async ({ folder, expect }) => {
    const wrong = {
      ...valid,
      topic: 'other',
      bought: 'yesterday',
      aspects: [{ aspect: 'box', good: 'no' }],
      tree: { name: 'a', children: [{ name: 'b', children: [{}] }] },
    };
    const { agent } = await agentWith(await written(folder, schema), () => JSON.stringify(wrong));
    await agent.classify('x').then(
      () => expect.unreachable(),
      (error) =>
        expect(error.message).toBe(
          'the answer does not fit the fields: topic: must be equal to one of the allowed values: delivery, product; ' +
            'bought: must match format "date"; aspects[0].good: must be boolean; ' +
            "tree.children[0].children[0]: must have required property 'name'",
        ),
    );
  });

  test('a key that only the answer has is in no message', async ({ folder, expect }) => {
    const open = {
      type: 'object',
      properties: { map: { type: 'object', additionalProperties: { type: 'number' } } },
      required: ['map'],
    };
    const { agent } = await agentWith(await written(folder, open, ''), () => '{"map":{"s3cret":"x"}}');
    await expect(agent.classify('x')).rejects.toThrow('the answer does not fit the fields: map.*: must be number');
  });

  test('the prompt has another hash where the schema is another one', async ({ folder, expect }) => {
    const before = await loadPrompt(await written(folder, schema));
    const after = await loadPrompt(await written(folder, { ...schema, additionalProperties: true }));
    expect(after.hash).not.toBe(before.hash);
  });

  test('draft 2020-12 is read where the schema says so', async ({ folder, expect }) => {
    const newer = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 },
      },
      required: ['pair'],
    };
    const { agent } = await agentWith(await written(folder, newer, ''), ['{"pair":["a",1]}']);
    expect((await agent.classify('x')).fields).toEqual({ pair: ['a', 1] });
  });

  test.each([
    ['a text that is no JSON', '{', '', 'CHORALE_PROMPT output.schema: schemas/answer.json is not a JSON object'],
    [
      'a schema that does not compile',
      { type: 'object', properties: { a: { type: 'strin' } }, required: ['a'] },
      '',
      /^CHORALE_PROMPT output\.schema does not compile: schema is invalid: .*$/,
    ],
    [
      'an unknown keyword',
      { type: 'object', properties: { a: { type: 'string', maxlength: 5 } }, required: ['a'] },
      '',
      'CHORALE_PROMPT output.schema does not compile: strict mode: unknown keyword: "maxlength"',
    ],
    [
      'an unknown format',
      { type: 'object', properties: { a: { type: 'string', format: 'zodiac' } }, required: ['a'] },
      '',
      /does not compile: unknown format "zodiac" ignored in schema at path/,
    ],
    [
      'a reference out of the file',
      { type: 'object', properties: { a: { $ref: 'https://example.org/a.json' } } },
      '',
      "CHORALE_PROMPT output.schema: schemas/answer.json refers to 'https://example.org/a.json': a $ref stays within the file, as in #/$defs/aspect",
    ],
    [
      'references in a circle',
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        allOf: [{ $ref: '#/definitions/x' }],
        definitions: { x: { $ref: '#/definitions/y' }, y: { $ref: '#/definitions/x' } },
      },
      '',
      'CHORALE_PROMPT output.schema does not compile: its references lead to each other without an end',
    ],
    ['no object', { type: 'string' }, '', /must have the type object, and properties: each becomes a field$/],
    [
      'the name of a column',
      { type: 'object', properties: { status: { type: 'string' } } },
      '',
      /has the property 'status': chorale has a column of this name; take another name$/,
    ],
    [
      'a label without an enum',
      schema,
      'label: angry',
      /has no required property 'angry' with an enum of two or more texts/,
    ],
  ])('%s is rejected in one line', async (_, content, more, problem) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-schema-'));
    try {
      const found = await problemOf(folder, content, more);
      if (typeof problem === 'string') expect(found).toBe(problem);
      else expect(found).toMatch(problem);
      expect(found).not.toContain('\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a file that is not there is named', async ({ folder, expect }) => {
    expect(await problemOf(folder, schema, 'label: topic', 'other.json')).toBe(
      'CHORALE_PROMPT output.schema: schemas/other.json cannot be read (no such file)',
    );
  });

  test('fields and a schema, a schema in a text, and other labels are rejected', async ({ folder, expect }) => {
    const both = '---\noutput: { schema: a.json, fields: { a: { type: boolean } } }\n---\n{{review}}';
    expect(() => parsePrompt('mine', both)).toThrow('output.fields and output.schema both say what the answer is');
    const alone = '---\noutput: { schema: a.json }\n---\n{{review}}';
    expect(() => parsePrompt('mine', alone)).toThrow('output.schema names a file: load the prompt with loadPrompt');
    const prompt = await loadPrompt(await written(folder, schema));
    const options = { model: createScriptedModel([]), prompt };
    await expect(createAgent({ ...options, labels: ['delivery', 'other'] })).rejects.toThrow(
      'option labels must be delivery,product, as output.schema says',
    );
    expect((await createAgent({ ...options, labels: ['product', 'delivery'] })).labels).toEqual([
      'product',
      'delivery',
    ]);
  });
});
