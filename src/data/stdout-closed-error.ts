/** The reader of stdout, or of a pipe, went away (`| head`). The program stops writing; that is no failure of it. */
export class StdoutClosedError extends Error {
  constructor(options?: { readonly cause?: unknown }) {
    super('the reader went away', options);
    this.name = 'StdoutClosedError';
  }
}
