/** Resources that a piece of work has opened. They are closed in reverse order. */
export class Resources {
  private readonly closers: (() => unknown)[] = [];

  /** Closes the resource at the end of the work. */
  use<T extends { close(): unknown }>(resource: T): T {
    this.defer(() => resource.close());
    return resource;
  }

  /** Calls back at the end of the work. */
  defer(close: () => unknown): void {
    this.closers.push(close);
  }

  /** @internal */
  async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.closers.reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures.at(-1);
  }
}

/** Runs work with resources, and closes them whatever fails. A failure to close counts more than one of the work. */
export async function withResources<R>(work: (resources: Resources) => Promise<R>): Promise<R> {
  const resources = new Resources();
  try {
    return await work(resources);
  } finally {
    await resources.closeAll();
  }
}
