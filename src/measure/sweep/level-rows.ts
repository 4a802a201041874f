import type { PromptInput } from '../../classify/prompt/prompt-input.js';

/** What a request is about, and the row that it is. */
export interface LevelRow {
  readonly row: number;
  readonly input: PromptInput;
}

/**
 * Gives each request of a sweep a text that the server has not seen, since a server that remembers a prompt answers it
 * faster. When all rows have been used, they come again with a number in front of the text, so that what the server
 * remembers of a row does not go beyond the instructions.
 */
export class LevelRows {
  private next = 0;

  /** @param inputs one at least */
  constructor(private readonly inputs: readonly PromptInput[]) {}

  take(): LevelRow {
    const { inputs } = this;
    const row = this.next % inputs.length;
    const pass = Math.floor(this.next / inputs.length);
    this.next += 1;
    const input = inputs[row] ?? { text: '' };
    return { row, input: pass === 0 ? input : { ...input, text: `(${pass + 1}) ${input.text}` } };
  }

  /** Whether texts had to come again. */
  get isRepeating(): boolean {
    return this.next > this.inputs.length;
  }
}
