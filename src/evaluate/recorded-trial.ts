import { createHash, randomUUID } from 'node:crypto';
import { fingerprintOf } from '../analysis/fingerprint.js';
import type { Fingerprint, JsonObject, NewReviewRun, RecordedRun, RunStore } from '../analysis/run-store.js';
import type { Agent } from '../classify/agent.js';
import { loadPrompt } from '../classify/prompt/prompt-file.js';
import type { ModelInfo } from '../model/model.js';
import type { PromptTrial, TrialCandidate } from './prompt-trial.js';
import type { TrialRows } from './trial-rows.js';

/** What a trial is about, and where it is kept. */
export interface TrialRecord {
  readonly store: RunStore;
  /** With any prompt: what is the same for all of them is read from it. */
  readonly agent: Agent;
  readonly info: ModelInfo;
  /** Names of the prompts that are tried. */
  readonly prompts: readonly string[];
  readonly rows: TrialRows;
  /** Absolute paths of the inputs. */
  readonly names: readonly string[];
  readonly fresh: boolean;
}

/**
 * Keeps a trial in the run store: the answers of each prompt as a run, so that the run after it need not ask again, and the
 * choice as one more. The same rows, model and prompts lead to the same choice without a request.
 */
export class RecordedTrial {
  private constructor(
    private readonly record: TrialRecord,
    private readonly fingerprint: Fingerprint,
  ) {}

  static async open(record: TrialRecord): Promise<RecordedTrial> {
    const { agent, info, prompts } = record;
    const loaded = await Promise.all(prompts.map((name) => loadPrompt(name)));
    const tried = loaded.map(({ name, hash }) => `${name}@${hash}`).join(', ');
    const parts = { ...fingerprintOf(agent, info).parts, prompt: 'auto', 'prompts tried': tried };
    return new RecordedTrial(record, { hash: digestOf(parts), parts });
  }

  /** The choice that an earlier session made; undefined if there is none. @throws RunBusyError, StoreError */
  async earlierChoice(): Promise<PromptTrial | undefined> {
    const { store, prompts, fresh } = this.record;
    const { resumed } = await store.begin(this.newRun(this.fingerprint, fresh));
    const earlier = resumed?.summary;
    const isThere = isTrial(earlier) && prompts.includes(earlier.chosen);
    await store.end(isThere ? 'done' : 'interrupted', earlier ?? {});
    return isThere ? earlier : undefined;
  }

  /** Begins the run of one prompt. */
  async begin({ agent }: TrialCandidate, info: ModelInfo): Promise<RecordedRun> {
    const { store, fresh } = this.record;
    return { store, begun: await store.begin(this.newRun(fingerprintOf(agent, info), fresh)) };
  }

  /** Records the choice. */
  async keep(trial: PromptTrial): Promise<void> {
    const { store } = this.record;
    await store.begin(this.newRun(this.fingerprint, false));
    await store.end('done', { ...trial });
  }

  private newRun(fingerprint: Fingerprint, fresh: boolean): NewReviewRun {
    const { rows, names } = this.record;
    const texts = rows.reviews.map(({ text, expected }) => [text, expected ?? null]);
    return {
      runId: randomUUID(),
      command: 'trial',
      fingerprint,
      configuration: { rows: rows.reviews.length, labelled: rows.labelled },
      input: {
        names,
        digest: digestOf(texts),
        scan: { rows: texts.length, columns: [], types: [] },
        choice: JSON.stringify({ labelled: rows.labelled }),
      },
      fresh,
    };
  }
}

function isTrial(summary: JsonObject | PromptTrial | null | undefined): summary is PromptTrial {
  return typeof summary?.chosen === 'string' && Array.isArray(summary.prompts) && typeof summary.because === 'string';
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
