import type { Agent } from '../../classify/agent.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { seededRandom, shuffled } from '../../foundation/statistics/random-variates.js';

/** A block: rows of one variant that are requested without a pause. */
export interface Turn {
  /** Index of the variant. */
  readonly variant: number;
  /** The rows up to this one, excluding those of earlier blocks. */
  readonly end: number;
}

/** At most so many blocks, and at least so many rows in each. */
const sameModel = { blocks: 10, rows: 20 };
/** A server may have to load a model at the beginning of each block. */
const severalModels = { blocks: 5, rows: 40 };

/** What decides on the number of blocks. */
export interface BlockOptions {
  readonly rows: number;
  /** Of each variant: what a server has to load for it. */
  readonly models: readonly string[];
  /** Exactly so many. @default by the number of rows and models */
  readonly blocks?: number | undefined;
}

/** What a server loads for an agent: a model with a length of the context. */
export function loadedFor({ model, requestFor }: Agent): string {
  return `${model.provider} ${model.name} ${requestFor('').options.contextTokens}`;
}

/** Into how many blocks the rows of each variant are divided. @throws InvalidOptionError */
export function blockCount({ rows, models, blocks }: BlockOptions): number {
  if (blocks !== undefined && !(Number.isSafeInteger(blocks) && blocks >= 1)) {
    throw new InvalidOptionError('blocks', 'a whole number of at least 1', blocks);
  }
  const most = new Set(models).size > 1 ? severalModels : sameModel;
  const count = blocks ?? Math.min(most.blocks, Math.floor(rows / most.rows));
  return Math.max(1, Math.min(count, rows));
}

/**
 * The blocks of all variants in the order of their requests. Each variant has its first block before one has its second, in
 * an order that is random every time, with the variants of a model one after the other. With one block each, the order is
 * that of the variants.
 */
export function blockOrder(options: BlockOptions, seed: number): readonly Turn[] {
  const { rows, models } = options;
  const count = blockCount(options);
  const random = seededRandom(seed);
  const byModel = [...new Set(models)].map((model) =>
    models.flatMap((other, variant) => (other === model ? [variant] : [])),
  );
  return Array.from({ length: count }, (_, block) => {
    const order = count === 1 ? models.keys() : shuffled(byModel, random).flatMap((own) => shuffled(own, random));
    return [...order].map((variant) => ({ variant, end: Math.floor(((block + 1) * rows) / count) }));
  }).flat();
}
