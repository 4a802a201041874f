import type { Agent } from '../../classify/agent.js';
import { defaults } from '../../foundation/defaults.js';
import { entryOf } from '../../foundation/errors/chorale-error.js';
import { ModelAuthError } from '../../model/model-errors.js';
import { type BlockOptions, blockCount, blockOrder } from './block-order.js';
import type { Variant } from './experiment-plan.js';
import type { GridCounter } from './grid-progress.js';
import { type DrawnRows, isRepeated, repeatedSample } from './repeated-sample.js';
import { type RoundOptions, VariantRound } from './run-round.js';
import { unreachableWarning } from './summarize-experiment.js';
import { VariantRecord } from './variant-answers.js';

export interface GridOptions extends RoundOptions {
  /**
   * Makes the agent of a variant, before the first request or at the start of a repeat. Give each repeat its own seed (the
   * prompt's plus `repeat` − 1) so that answers may differ. The experiment closes the models.
   * @param repeat 1-based
   */
  readonly agentFor: (variant: Variant, repeat: number) => Promise<Agent>;
  /**
   * Into how many blocks the rows are divided. The variants take turns, block by block, so that a server that becomes slower
   * or faster does so for all of them. @default 10; 5 for several models; fewer for few rows
   */
  readonly blocks?: number | undefined;
  /** Seed of the order of the blocks. @default 1 */
  readonly seed?: number | undefined;
  /**
   * Requests a sample of the rows once more (5 %, from 20 to 100), with the same seed, if there are no repeats: servers that
   * compute several requests at once may answer differently every time, even at temperature 0. @default true
   */
  readonly repeatSample?: boolean | undefined;
  /** Told at once of a variant whose model cannot be reached, with the warning that the result has, too. */
  readonly onUnreachable?: ((warning: string) => void) | undefined;
}

/** The variants of an experiment, which take turns. A variant whose model is unavailable drops out. */
export class Grid {
  /** What a server has loaded. */
  private loaded: string | undefined;

  constructor(
    private readonly agents: ReadonlyMap<VariantRecord, Agent>,
    private readonly progress: GridCounter,
    private readonly options: GridOptions,
  ) {}

  /** Classifies every row with every variant, once. @param later repeats after this one */
  async runRepeat(repeat: number, later: number): Promise<void> {
    const { data, signal, blocks, seed = defaults.seed } = this.options;
    const records = [...this.agents.keys()].filter(({ failure }) => !failure);
    const models = records.map(({ loaded }) => loaded);
    const plan = { rows: data.rows.length, models, blocks };
    const { turns, ...measuring } = turnsOf(plan, seed + repeat);
    const rounds = new Map<VariantRecord, VariantRound>();
    const agents: Agent[] = [];
    try {
      for (const { variant, end } of turns) {
        const record = records[variant];
        if (!record || record.failure) continue;
        signal?.throwIfAborted();
        let round = rounds.get(record);
        if (!round) {
          const agent = await this.agentOf(record, repeat);
          if (repeat > 1) agents.push(agent);
          round = new VariantRound(record, repeat, agent, this.progress, { ...this.options, ...measuring });
          rounds.set(record, round);
        }
        const error = await this.runBlock(record, round, end);
        if (error !== undefined) await this.dropModel(record.variant.model, error, rounds, later);
      }
    } finally {
      await Promise.all([...rounds.values()].map((round) => round.close()));
      await Promise.all(agents.map((agent) => agent.model.close()));
    }
  }

  /** Requests a sample of the rows once more, with every variant. A variant that fails in it has no repeated sample. */
  async runSample({ data, positions }: DrawnRows): Promise<void> {
    const { spell } = this.options;
    const { rows, labels } = data;
    const options = { ...this.options, data, onOutcome: undefined, onWarning: undefined, inBlocks: false };
    for (const [record, agent] of this.agents) {
      if (!isRepeated(agent)) continue;
      if (record.failure) {
        this.progress.drop(rows.length);
        continue;
      }
      this.options.signal?.throwIfAborted();
      const again = new VariantRecord(record.variant, labels, rows.length, spell);
      again.describe(agent);
      const round = new VariantRound(again, repeatedSample, agent, this.progress, options);
      const error = await this.runBlock(again, round, rows.length);
      if (error === undefined) record.sample = { record: again, positions };
      else this.progress.drop(round.rowsLeft);
    }
  }

  /** @returns why the model is unavailable */
  private async runBlock(record: VariantRecord, round: VariantRound, end: number): Promise<unknown> {
    const isOther = this.loaded !== undefined && this.loaded !== record.loaded;
    this.loaded = record.loaded;
    try {
      await round.runBlock(end, isOther);
      return undefined;
    } catch (error) {
      this.options.signal?.throwIfAborted();
      if (!isModelUnavailable(error)) throw error;
      return error;
    }
  }

  /** The variants of the model that have not classified all rows have no result. */
  private async dropModel(
    model: string | null,
    error: unknown,
    rounds: ReadonlyMap<VariantRecord, VariantRound>,
    later: number,
  ): Promise<void> {
    const rows = this.options.data.rows.length;
    for (const record of this.agents.keys()) {
      const round = rounds.get(record);
      const left = round?.rowsLeft ?? rows;
      if (record.failure || left === 0 || record.variant.model !== model) continue;
      await round?.close();
      const { message } = record.fail(error);
      this.progress.drop(left + rows * later);
      this.options.onUnreachable?.(unreachableWarning(record.variant.name, message));
    }
  }

  private async agentOf(record: VariantRecord, repeat: number): Promise<Agent> {
    const first = this.agents.get(record);
    return repeat === 1 && first ? first : this.options.agentFor(record.variant, repeat);
  }
}

/** Several variants take turns. One variant alone is measured in as many blocks, without a pause between them. */
function turnsOf(plan: BlockOptions, seed: number) {
  if (plan.models.length > 1) return { turns: blockOrder(plan, seed), inBlocks: blockCount(plan) > 1 };
  const measuredRows = Math.ceil(plan.rows / blockCount(plan));
  return { turns: blockOrder({ ...plan, blocks: 1 }, seed), inBlocks: false, measuredRows };
}

/** Whether only this model is unavailable. A rejected key (401) concerns all models. */
function isModelUnavailable(error: unknown): boolean {
  if (error instanceof ModelAuthError && error.status === 401) return false;
  return entryOf(error)?.exitCode === 4;
}
