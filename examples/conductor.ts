/**
 * A conductor with three processes: one greets and is done, one brings reviews until the mail fails, one reads them until
 * it is stopped. The failure stops them all; so does Ctrl-C.
 *
 *   npx tsx examples/conductor.ts
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Conductor, type Process } from 'chorale/orchestration';

const arriving = ['I love it.', 'It broke after a day.', 'Works as described.', 'Terrible.', 'A delight!'];

/** What lies between the processes. */
const inbox: string[] = [];
let read = 0;

const mailbox: Process = {
  name: 'mailbox',
  async run({ signal }) {
    for (const text of arriving) {
      inbox.push(text);
      console.log(`mailbox: "${text}"`);
      await pause(30, undefined, { signal });
    }
    // A process that fails stops the others; one that just returns does not.
    throw new Error('the sixth letter cannot be opened');
  },
  stop: () => console.log('mailbox: closed'),
};

const reader: Process = {
  name: 'reader',
  async run({ signal }) {
    while (true) {
      while (inbox.shift() !== undefined) read += 1;
      // Rejects with an AbortError when everything is stopped, which is no failure.
      await pause(10, undefined, { signal });
    }
  },
  stop: () => console.log(`reader: ${read} reviews read`),
};

const greeter: Process = {
  name: 'greeter',
  run: () => console.log('greeter: good morning, and that was all'),
  stop: async ({ reason }) => {
    await pause(5);
    console.log(`greeter: good night, because ${reason instanceof Error ? reason.message : reason}`);
  },
};

const conductor = new Conductor([mailbox, reader, greeter], {
  stopTimeoutMs: 1_000,
  logger: { info: (fields, message) => console.log(['conductor:', message, ...Object.values(fields)].join(' ')) },
});

const { outcome, unfinished } = await conductor.run().thenStop();
for await (const { process, error } of conductor.errors()) console.log(`error of ${process}: ${error}`);
console.log(`outcome: ${outcome}; unfinished: ${unfinished.length === 0 ? 'none' : unfinished.join(', ')}`);
