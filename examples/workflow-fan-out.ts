/**
 * A shop asks four carriers at once what a parcel costs. One answers at the second attempt, one is too slow, one is
 * closed; the shop chooses among those that answered.
 *
 *   npx tsx examples/workflow-fan-out.ts
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createEngine, defineStep, defineWorkflow } from 'chorale/orchestration';
import { memoryStore } from 'chorale/store';
import { z } from 'zod';

const order = z.object({ item: z.string(), grams: z.number().positive() });
const parcel = z.object({ grams: z.number(), label: z.string() });
type Parcel = z.infer<typeof parcel>;

const pack = defineStep({
  id: 'pack',
  input: order,
  output: parcel,
  run: (_, { item, grams }) => ({ grams: grams + 80, label: item.toUpperCase() }),
});

const swift = defineStep({ id: 'swift', name: 'Swift', run: (_, { grams }: Parcel) => 250 + grams });

const harbour = defineStep({
  id: 'harbour',
  name: 'Harbour Post',
  retryDelayMs: 5,
  run: async ({ attempt }, { grams }: Parcel) => {
    if (attempt === 1) throw new Error('line engaged');
    return 150 + grams;
  },
});

const snail = defineStep({
  id: 'snail',
  name: 'Snail & Sons',
  timeoutMs: 50,
  retries: 0,
  continueOnError: true,
  run: async ({ signal }, _parcel: Parcel) => {
    await wait(10_000, undefined, { signal });
    return 100;
  },
});

const night = defineStep({
  id: 'night',
  name: 'Night Mail',
  retries: 0,
  continueOnError: true,
  run: (_, _parcel: Parcel): number => {
    throw new Error('closed on Sundays');
  },
});

// What may be missing is undefined here, and the compiler knows which ones: try to leave out `?? …`.
const choose = defineStep({
  id: 'choose',
  name: 'Choose the cheapest',
  run: (_, prices: { swift: number; harbour: number; snail: number | undefined; night: number | undefined }) => {
    const known = Object.entries(prices).flatMap(([carrier, cents]) =>
      cents === undefined ? [] : [{ carrier, cents }],
    );
    known.sort((a, b) => a.cents - b.cents);
    return { offers: known, missing: Object.keys(prices).length - known.length };
  },
});

const workflow = defineWorkflow('shipping', 'What does the parcel cost?')
  .thenStep(pack)
  .parallel(swift, harbour, snail, night)
  .thenStep(choose)
  .build();

const engine = createEngine({ store: memoryStore() });
const { runId, output, failures } = await engine.run(workflow, { item: 'tea pot', grams: 900 });

for (const { carrier, cents } of output.offers) console.log(`${carrier}: ${(cents / 100).toFixed(2)}`);
console.log(`${output.missing} gave no price:`);
for (const { step, error } of failures) console.log(`  ${step}: ${error instanceof Error ? error.message : error}`);

console.log('\nWhat the store knows of each step:');
const run = await engine.get(runId);
for (const { step, status, attempt } of run?.steps ?? []) console.log(`  ${step}: ${status}, attempt ${attempt}`);

console.log(`\n${workflow.toMermaid({ run })}`);
