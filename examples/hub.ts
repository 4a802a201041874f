/**
 * A small newspaper: four agents on two hubs. The editor is in both, so that stories get from the newsroom to the press.
 *
 *   npx tsx examples/hub.ts
 */
import { setImmediate as settled } from 'node:timers/promises';
import { createHub } from 'chorale/orchestration';

interface Story {
  readonly title: string;
  readonly words: number;
}

interface Newsroom {
  readonly agents: { readonly reporter: string; readonly editor: Story; readonly archivist: string };
  readonly replies: { readonly editor: string; readonly archivist: number };
  readonly topics: { readonly weather: { readonly outlook: string } };
  readonly broadcast: { readonly minutesLeft: number };
}

interface Press {
  readonly agents: { readonly editor: string; readonly printer: Story };
  readonly replies: { readonly printer: { readonly page: number } };
}

const newsroom = createHub<Newsroom>({ name: 'newsroom' });
const press = createHub<Press>({ name: 'press' });
const pages = new Map<string, number>();

newsroom.register('reporter', (message) => {
  if (message.type === 'broadcast') console.log(`reporter   hears: ${message.data.minutesLeft} minutes left`);
  else if (message.topic === 'weather') console.log(`reporter   reads the weather: ${message.data.outlook}`);
  else console.log(`reporter   gets a note from ${message.from}: ${message.data}`);
});

newsroom.register('archivist', (message) => {
  if (message.type === 'broadcast') console.log(`archivist  hears: ${message.data.minutesLeft} minutes left`);
  else if (message.topic === undefined) {
    console.log(`archivist  looks up '${message.data}'`);
    return 3;
  }
  return undefined;
});

/** The editor's part in the newsroom: checks the story, has it printed on the other hub, and answers. */
newsroom.register('editor', async (message) => {
  if (message.type === 'broadcast') {
    console.log(`editor     hears: ${message.data.minutesLeft} minutes left`);
    return undefined;
  }
  if (message.topic !== undefined) return undefined;
  const story = message.data;
  const { data: earlier } = await newsroom.request({ from: 'editor', to: 'archivist', data: story.title });
  console.log(`editor     knows of ${earlier} earlier stories and passes '${story.title}' to the press`);
  const { data: print } = await press.request({ from: 'editor', to: 'printer', data: story, priority: 'high' });
  return `'${story.title}' is on page ${print.page}`;
});

press.register('printer', ({ data, from }) => {
  pages.set(data.title, pages.size + 1);
  console.log(`printer    sets ${data.words} words for the ${from}`);
  return { page: pages.size };
});
press.register('editor', ({ data }) => console.log(`editor     hears from the press: ${data}`));

// `settled()` lets what was sent be handled before the next headline is printed.
console.log('1. Direct: a note from one agent to another');
await newsroom.send({ from: 'editor', to: 'reporter', data: 'the harbour, please' });
await settled();

console.log('2. Request and response, across two hubs');
const answer = await newsroom.request({
  from: 'reporter',
  to: 'editor',
  data: { title: 'The new harbour', words: 420 },
});
console.log(`reporter   is told: ${answer.data}`);
await press.send({ from: 'printer', to: 'editor', data: `${pages.size} page is ready` });
await settled();

console.log('3. Publish and subscribe');
newsroom.subscribe('reporter', 'weather');
const readers = await newsroom.publish({ from: 'editor', topic: 'weather', data: { outlook: 'fog until noon' } });
await settled();
console.log(`           ${readers} subscriber`);

console.log('4. Broadcast');
const listeners = await newsroom.broadcast({ from: 'editor', data: { minutesLeft: 10 } });
await settled();
console.log(`           ${listeners} listeners`);

await Promise.all([newsroom.close(), press.close()]);
for (const { hub, metrics } of [
  { hub: 'newsroom', metrics: newsroom.metrics() },
  { hub: 'press', metrics: press.metrics() },
]) {
  console.log(`${hub}: ${metrics.delivered} delivered, ${metrics.failed} failed, ${metrics.requests} requests`);
}
