/** A text to ask about, and the row that it is. */
export interface LevelRow {
  readonly row: number;
  readonly text: string;
}

/**
 * Gives each request of a sweep a text that the server has not seen, since a server that remembers a prompt answers it
 * faster. When all rows have been used, they come again with a number in front of the text, so that what the server
 * remembers of a row does not go beyond the instructions.
 */
export class LevelRows {
  private next = 0;

  /** @param texts one at least */
  constructor(private readonly texts: readonly string[]) {}

  take(): LevelRow {
    const { texts } = this;
    const row = this.next % texts.length;
    const pass = Math.floor(this.next / texts.length);
    this.next += 1;
    const text = texts[row] ?? '';
    return { row, text: pass === 0 ? text : `(${pass + 1}) ${text}` };
  }

  /** Whether texts had to come again. */
  get isRepeating(): boolean {
    return this.next > this.texts.length;
  }
}
