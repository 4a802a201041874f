import { encodeJson } from './json-text.js';
import { decodeJson } from './read-run.js';
import type { StepState } from './step.js';
import { StepValidationError } from './workflow-errors.js';
import type { WorkflowStateEntry } from './workflow-store.js';

/** The values that the steps of a run share, as they are recorded. */
export class RunState implements Pick<StepState, 'get' | 'has'> {
  private readonly texts = new Map<string, string>();

  constructor(entries: readonly WorkflowStateEntry[]) {
    this.apply(entries);
  }

  get(key: string): unknown {
    return decodeJson(this.texts.get(key) ?? null);
  }

  has(key: string): boolean {
    return this.texts.has(key);
  }

  apply(entries: readonly WorkflowStateEntry[]): void {
    for (const { key, value } of entries) {
      if (value === null) this.texts.delete(key);
      else this.texts.set(key, value);
    }
  }
}

/** What one attempt of a step sees and changes; nobody else sees its changes before the step has completed. */
export class AttemptState implements StepState {
  private readonly changed = new Map<string, string | null>();

  constructor(
    private readonly step: string,
    private readonly shared: RunState,
  ) {}

  get(key: string): unknown {
    const changed = this.changed.get(key);
    return changed === undefined ? this.shared.get(key) : decodeJson(changed);
  }

  has(key: string): boolean {
    const changed = this.changed.get(key);
    return changed === undefined ? this.shared.has(key) : changed !== null;
  }

  set(key: string, value: unknown): void {
    const encoded = encodeJson(value);
    const issue = 'issue' in encoded ? encoded.issue : encoded.text === null ? noValue : undefined;
    if (issue) {
      const path = issue.path === '' ? key : `${key}.${issue.path}`;
      throw new StepValidationError(this.step, 'state', [{ path, message: issue.message }]);
    }
    if ('text' in encoded) this.changed.set(key, encoded.text);
  }

  delete(key: string): void {
    this.changed.set(key, null);
  }

  changes(): readonly WorkflowStateEntry[] {
    return [...this.changed].map(([key, value]) => ({ key, value }));
  }
}

const noValue = { path: '', message: 'undefined is no JSON; use delete' };
