/** One rule of a store port. */
export interface StoreContractCase<Subject> {
  readonly name: string;
  /** Rejects with an AssertionError if the store breaks the rule. Each case makes its own store, which must be empty. */
  run(create: () => Subject | Promise<Subject>): Promise<void>;
}

/** A function that makes the cases of a contract: each opens a store, checks it, and closes it. */
export function caseMaker<Subject extends { close(): void | Promise<void> }, Store>(
  storeOf: (subject: Subject) => Store,
) {
  return (name: string, check: (store: Store) => Promise<void>): StoreContractCase<Subject> => ({
    name,
    async run(create) {
      const subject = await create();
      try {
        await check(storeOf(subject));
      } finally {
        await subject.close();
      }
    },
  });
}
