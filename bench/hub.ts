/**
 * Messages between two agents, with their order checked: a hub, a plain EventEmitter and a plain queue of the package
 * `async`, in the same process, rounds interleaved; and what a hub costs that has nothing to do.
 *
 *   npx tsx bench/hub.ts [--messages 300000] [--rounds 9]
 *
 * Takes about half a minute.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { queue } from 'async';
import { createHub } from 'chorale/orchestration';
import { writeSection } from './report.js';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '300000' }, rounds: { type: 'string', default: '9' } },
});
const messages = Number(values.messages);
const rounds = Number(values.rounds);
const leastPerSecond = 300_000;
const mostIdleMs = 10;

/** Receives 0, 1, 2, … and fails on anything else. */
class Receiver {
  private next = 0;
  private finish: () => void = () => {};
  readonly all = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  take(serial: number): void {
    if (serial !== this.next) throw new Error(`got ${serial} instead of ${this.next}`);
    this.next += 1;
    if (this.next === messages) this.finish();
  }
}

async function throughEmitter(): Promise<void> {
  const receiver = new Receiver();
  const emitter = new EventEmitter();
  emitter.on('message', ({ data }: { data: number }) => receiver.take(data));
  for (let data = 0; data < messages; data += 1) emitter.emit('message', { from: 'ping', to: 'pong', data });
  await receiver.all;
}

async function throughQueue(): Promise<void> {
  const receiver = new Receiver();
  const mailbox = queue<{ data: number }>((message, done) => {
    receiver.take(message.data);
    done();
  }, 1);
  for (let data = 0; data < messages; data += 1) void mailbox.push({ data });
  await receiver.all;
}

type Agents = { readonly agents: { readonly ping: number; readonly pong: number }; readonly replies: { pong: number } };

async function throughHub(): Promise<void> {
  const receiver = new Receiver();
  const hub = createHub<Agents>({ name: 'bench' });
  hub.register('ping', async () => {
    for (let data = 0; data < messages; data += 1) await hub.send({ from: 'ping', to: 'pong', data });
  });
  hub.register('pong', ({ data }) => receiver.take(data));
  await hub.send({ from: 'bench', to: 'ping', data: 0 });
  await receiver.all;
  await hub.close();
}

async function pingPong(): Promise<void> {
  const receiver = new Receiver();
  const hub = createHub<Agents>({ name: 'bench' });
  const other = { ping: 'pong', pong: 'ping' } as const;
  for (const agent of ['ping', 'pong'] as const) {
    hub.register(agent, async ({ data }) => {
      receiver.take(data);
      if (data + 1 < messages) await hub.send({ from: agent, to: other[agent], data: data + 1 });
    });
  }
  await hub.send({ from: 'bench', to: 'ping', data: 0 });
  await receiver.all;
  await hub.close();
}

async function requests(): Promise<void> {
  const receiver = new Receiver();
  const hub = createHub<Agents>({ name: 'bench' });
  hub.register('pong', ({ data }) => data);
  for (let data = 0; data < messages; data += 1) {
    receiver.take((await hub.request({ from: 'ping', to: 'pong', data })).data);
  }
  await hub.close();
}

const ways: readonly { readonly name: string; readonly run: () => Promise<void>; readonly target?: true }[] = [
  { name: 'hub: one agent to another', run: throughHub, target: true },
  { name: 'hub: ping-pong with await', run: pingPong, target: true },
  { name: 'hub: request and response', run: requests },
  { name: 'EventEmitter (synchronous calls)', run: throughEmitter },
  { name: 'async.queue, one worker', run: throughQueue },
];

/** Milliseconds of processor time in a second in which a hub with registered agents has nothing to do. */
async function idleMs(): Promise<{ readonly idle: number; readonly without: number }> {
  const second = async () => {
    const before = process.cpuUsage();
    await sleep(1_000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  const without = await second();
  const hub = createHub({ name: 'idle' });
  for (let agent = 0; agent < 1_000; agent += 1) {
    hub.register(`agent ${agent}`, () => {});
    hub.subscribe(`agent ${agent}`, 'news');
  }
  await hub.publish({ from: 'bench', topic: 'news', data: 1 });
  await sleep(50);
  const idle = await second();
  await hub.close();
  return { idle, without };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const durations = ways.map((): number[] => []);
for (let round = -1; round < rounds; round += 1) {
  for (const [index, { run }] of ways.entries()) {
    const start = performance.now();
    await run();
    if (round >= 0) durations[index]?.push(performance.now() - start);
  }
}
const perSecond = durations.map((all) => messages / (median(all) / 1_000));
const [hubRate = 0] = perSecond;
const rows = ways.map(({ name, target }, index) => {
  const rate = perSecond[index] ?? 0;
  const verdict = target
    ? rate >= leastPerSecond
      ? `at least ${leastPerSecond.toLocaleString('en')}: yes`
      : 'MISSED'
    : '';
  return `| ${name} | ${(rate / hubRate).toFixed(2)} × | ${Math.round(rate).toLocaleString('en')} | ${verdict} |`;
});
const { idle, without } = await idleMs();
const table = ['| way | ratio to the first | messages/s | target |', '|---|---|---|---|', ...rows].join('\n');
const idleText = `Idle second with 1,000 registered agents: ${idle.toFixed(1)} ms of processor time (without a hub: ${without.toFixed(1)} ms; target: at most ${mostIdleMs} ms).`;
const text = `${messages.toLocaleString('en')} messages each, order checked, median of ${rounds} interleaved rounds. \`npx tsx bench/hub.ts --messages ${messages} --rounds ${rounds}\`\n\n${table}\n\nAn EventEmitter calls its listeners within \`emit\`: it has no queue, does not wait, and does not isolate failures.\n\n${idleText}`;
console.log(text);
writeSection('hub', `## Hub\n\n${text}`);
const missed =
  ways.some(({ target }, index) => target && (perSecond[index] ?? 0) < leastPerSecond) || idle > mostIdleMs;
process.exitCode = missed ? 1 : 0;
