import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';

const root = new URL('../', import.meta.url);

/** The lines that an example prints, when its program is loaded. */
async function runExample(name: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line = '') => void lines.push(...String(line).split('\n')));
  onTestFinished(() => log.mockRestore());
  await import(new URL(`examples/${name}.ts`, root).href);
  return lines.join('\n').trimEnd().split('\n');
}

const checkedReviews = [
  'With 180 rows that were labelled earlier:',
  '240 reviews classified; paused: 20 labels are missing in to-check.json',
  '12 of 20 checked predictions were correct; nobody checked the other 40',
  'mean confidence of the other 40, as the model gives it: 92 %',
  'calibrated: 78 % (temperature 2.11)',
  'fitted on 93 rows; calibration error of 107 further rows:',
  '  0.13 before, 0.07 after',
  'With the checked rows only:',
  '60 reviews classified; paused: 20 labels are missing in to-check.json',
  '12 of 20 checked predictions were correct; nobody checked the other 40',
  'mean confidence of the other 40, as the model gives it: 92 %',
];

test('the 20 least sure reviews are checked, and calibrate the others where the rows are enough', async () => {
  const lines = await runExample('checked-reviews');
  expect(lines.slice(0, -1)).toEqual(checkedReviews);
  expect(lines.at(-1)).toMatch(/^note: the confidence cannot be calibrated: 20 rows .* are too few; give 50 at least/);
});

test('the pause for the checked reviews survives the process', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const start = async () => {
    const args = ['--import', 'tsx', 'examples/checked-reviews.ts', '--folder', folder];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    return stdout.trimEnd().split('\n');
  };
  expect(await start()).toEqual(checkedReviews.slice(1, 2));
  const file = join(folder, 'to-check.json');
  const questions: { readonly predicted: string }[] = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(questions.map((question) => ({ ...question, label: question.predicted }))));
  expect((await start())[0]).toBe('20 of 20 checked predictions were correct; nobody checked the other 40');
});

test('the example of checkpoints tells its story', async () => {
  expect(await runExample('checkpointing')).toEqual([
    'load   orders.csv',
    'clean  120 rows',
    'sum up 100 rows',
    "graph 'report': node 'sum up' failed: the price server refused [secret password]",
    '',
    'The server is up again, and the run is resumed, at first without its secret:',
    "run march needs the secret 'password'; given: none",
    'sum up 100 rows',
    'send   500 €',
    'load -> clean -> sum up -> send: 500 € to the accountant',
    '',
    'Its history:',
    '0  (begin) {"source":"orders.csv"}',
    '1  load    {"source":"orders.csv","rows":120}',
    '2  clean   {"source":"orders.csv","rows":120,"clean":100}',
    '3  sum up  {"source":"orders.csv","rows":120,"clean":100,"total":"500 €"}',
    '4  send    {"source":"orders.csv","rows":120,"clean":100,"total":"500 €","sent":"to the accountant"}',
    '',
    'What if fewer rows had been lost? A fork goes on from the second stage:',
    'sum up 115 rows',
    'send   575 €',
    '575 € instead of 500 €',
  ]);
});

test('three processes start, one fails, and all are stopped', { timeout: 30_000 }, async () => {
  const lines = await runExample('conductor');
  expect(lines.slice(0, 6)).toEqual([
    'conductor: initializing conductor engine',
    'conductor: starting process mailbox',
    'mailbox: "I love it."',
    'conductor: starting process reader',
    'conductor: starting process greeter',
    'greeter: good morning, and that was all',
  ]);
  expect(lines.filter((line) => line.startsWith('mailbox: "'))).toHaveLength(5);
  const end = lines.slice(lines.indexOf('conductor: received stop signal, stopping all processes mailbox'));
  expect(end.slice(0, 6)).toEqual([
    'conductor: received stop signal, stopping all processes mailbox',
    'conductor: stopping process mailbox',
    'mailbox: closed',
    'conductor: stopping process reader',
    'reader: 5 reviews read',
    'conductor: stopping process greeter',
  ]);
  expect(end.slice(-6)).toEqual([
    'conductor: stopped process mailbox',
    'conductor: stopped process reader',
    "greeter: good night, because process 'mailbox' failed: the sixth letter cannot be opened",
    'conductor: stopped process greeter',
    'error of mailbox: Error: the sixth letter cannot be opened',
    'outcome: failed; unfinished: none',
  ]);
});

test('the example of a deployment tells its story', async () => {
  const lines = await runExample('deployment-graph');
  expect(lines.slice(0, 22)).toEqual([
    'plan       1.5.0: compile, bundle',
    'build      1.5.0+2 by compile, bundle',
    'test       failing: contract',
    'fix        number 1: contract',
    'build      1.5.0+5 by compile, bundle',
    'test       all suites pass',
    'deploy     1.5.0+5',
    '1.5.0: deploy after 7 nodes, live is 1.5.0+5',
    '',
    'plan       1.6.0: compile, bundle',
    'build      1.6.0+2 by compile, bundle',
    'test       failing: unit, browser',
    'fix        number 1: unit',
    'build      1.6.0+5 by compile, bundle',
    'test       failing: browser',
    'fix        number 2: browser',
    'build      1.6.0+8 by compile, bundle',
    'test       failing: browser',
    'fix        number 3: browser',
    'build      1.6.0+11 by compile, bundle',
    'test       failing: browser',
    'roll back  to 1.4.2 after 3 fixes',
  ]);
  expect(lines.slice(22)).toEqual([
    '1.6.0: roll back after 13 nodes, live is 1.4.2',
    '',
    'flowchart TD',
    '  start(( )) --> n0',
    '  n0["plan"]',
    '  n1["build"]',
    '  n2["test"]',
    '  n3["fix"]',
    '  n4(["deploy"])',
    '  n5(["roll back"])',
    '  n0 --> n1',
    '  n1 --> n2',
    '  n2 -->|"all pass"| n4',
    '  n2 -->|"fewer than 3 fixes"| n3',
    '  n2 -->|"otherwise"| n5',
    '  n3 --> n1',
    '  classDef taken fill:#d3f9d8,stroke:#2b8a3e,stroke-width:2px',
    '  class n0,n1,n2,n3,n5 taken',
    '  linkStyle 0,1,2,4,5,6 stroke:#2b8a3e,stroke-width:3px',
  ]);
});

test('the example of a review approves, sends back, and rejects', async () => {
  expect(await runExample('document-review')).toEqual([
    'The ferry: approved (approve, approve, approve)',
    '  prepared in 3 steps: 15 words, sentences with a number: 1',
    "  'The ferry' appears on Friday",
    'The bridge: to be revised (approve, revise, revise)',
    '  prepared in 3 steps: 11 words, sentences with a number: 1',
    '  facts: 1 claim without a source; tone: less noise, please',
    'The bridge, revised: approved (approve, approve, approve)',
    '  prepared in 3 steps: 13 words, sentences with a number: 1',
    "  'The bridge, revised' appears on Friday",
    'Scandal: rejected (reject, approve, reject)',
    '  prepared in 3 steps: 3 words, sentences with a number: 0',
    '  length: 3 words are no article; tone: it shouts',
    '',
    'Runs, the newest first:',
    '  review completed',
    '  review completed',
    '  review completed',
    '  review completed',
  ]);
});

test('the example of a hub tells its story', async () => {
  expect(await runExample('hub')).toEqual([
    '1. Direct: a note from one agent to another',
    'reporter   gets a note from editor: the harbour, please',
    '2. Request and response, across two hubs',
    "archivist  looks up 'The new harbour'",
    "editor     knows of 3 earlier stories and passes 'The new harbour' to the press",
    'printer    sets 420 words for the editor',
    "reporter   is told: 'The new harbour' is on page 1",
    'editor     hears from the press: 1 page is ready',
    '3. Publish and subscribe',
    'reporter   reads the weather: fog until noon',
    '           1 subscriber',
    '4. Broadcast',
    'reporter   hears: 10 minutes left',
    'archivist  hears: 10 minutes left',
    '           2 listeners',
    'newsroom: 6 delivered, 0 failed, 2 requests',
    'press: 2 delivered, 0 failed, 1 requests',
  ]);
});

test('the example of a chain shows progress, accumulation, intermediates and a failure', async () => {
  const lines = await runExample('paper-analysis');
  expect(lines.slice(0, 4)).toEqual([
    'Section 1/4 (Introduction): 18 words so far',
    'Section 2/4 (Method): 35 words so far',
    'Section 3/4 (Results): 54 words so far',
    'Section 4/4 (Discussion): 70 words so far',
  ]);
  expect(lines).toContain('Sources: Lind 1998; Okoye 2011; Moreau 2019');
  expect(lines.filter((line) => line.startsWith('  after '))).toHaveLength(5);
  expect(lines).toContain('  after 4 sections: 3 sources, 3 findings');
  expect(lines.slice(-2)).toEqual([
    "  chain failed at step 2: the section 'Results' has no text",
    '  2 sections are read, and their notes kept: {"words":35,"sources":["Lind 1998","Okoye 2011"],"findings":[]}',
  ]);
});

test('reviews are done in parallel and told in order, and one that fails stops nothing', async () => {
  const lines = await runExample('parallel-reviews');
  expect(lines.slice(0, 5).map((line) => line.replace(/is \w+$/, 'is …'))).toEqual(
    [1, 2, 3, 4, 5].map((completed) => `${completed} of 6 done, the latest is …`),
  );
  expect(lines.slice(5)).toEqual([
    '1. positive: I love it: the battery lasts for days.',
    '2. negative: It broke after a week.',
    '3. neutral: It does what it says.',
    '4. negative: The worst purchase of the year.',
    '5. positive: A delight, every morning anew.',
    '6. failed: Arrived on Tuesday.',
    'failed: item 5: the model has fallen asleep',
  ]);
});

test('the example of batches begins one batch a second, and loses no address', async () => {
  expect(await runExample('rate-limited-batches')).toEqual([
    'batch 1 at 0 ms: 40 found, 0 not, in 200 ms',
    'batch 2 at 1000 ms: 39 found, 1 not, in 200 ms',
    'batch 3 at 2000 ms: 40 found, 0 not, in 200 ms',
    'batch 4 at 3000 ms: 39 found, 1 not, in 200 ms',
    'batch 5 at 4000 ms: 40 found, 0 not, in 200 ms',
    '198 of 200 addresses found, not found: 67, 134',
    '4200 ms on the clock',
  ]);
});

test('batches of reviews are judged in parallel and folded into one state', { timeout: 30_000 }, async () => {
  expect(await runExample('sentiment-chain')).toEqual([
    'day 1 of 3: 4 reviews judged so far, 0 failed',
    'day 2 of 3: 7 reviews judged so far, 0 failed',
    'day 3 of 3: 10 reviews judged so far, 1 failed',
    'Monday: 25 % of 4 reviews are negative',
    'Tuesday: 67 % of 3 reviews are negative',
    'Wednesday: 0 % of 3 reviews are negative',
    '3 batches: 6 positive, 1 neutral, 3 negative (lexicon wink-sentiment)',
  ]);
});

test('a graph loads reviews, analyses them in parallel, and drafts a reply or closes', async () => {
  expect(await runExample('sentiment-graph')).toEqual([
    'kettle: negative, negative, negative, neutral',
    '  load → analyse → draft reply: reply drafted: "We are sorry about your kettle."',
    'lamp: positive, positive, negative, positive',
    '  load → analyse → close: closed',
  ]);
});

test('the example of a service tells what it answered, and how sure it is', async () => {
  expect(await runExample('sentiment-service')).toEqual([
    '[1] positive 0.88 it says love and best',
    '[2] negative 0.86 it says broke and waste',
    '[3] neutral 0.50',
    '[4] positive 0.67 it says slow and good',
    '4 of 4 answered by http',
  ]);
});

test('the example of several data sets tells what became of each', async () => {
  expect(await runExample('several-data-sets')).toEqual([
    'coast: mean of 3 readings 59.0 °F, all stations answered',
    'hills: mean of 3 readings 44.6 °F, without hut',
    'islands: stopped (parallel execution failed: item 1: station south is silent)',
  ]);
});

test('reviews in parallel are answered by the specialist for their subject, in order', async () => {
  const lines = await runExample('specialist-hub');
  expect(lines.map((line) => line.split(' (')[0])).toEqual([
    '1. delivery: ask the courier',
    '2. quality: send a new one',
    '3. billing: check the account',
    '4. delivery: ask the courier',
    '5. quality: send a new one',
    '6. billing: check the account',
    '6 requests, 6 responses',
  ]);
});

test('the example of a fan-out goes on with the carriers that answered', async () => {
  const lines = await runExample('workflow-fan-out');
  expect(lines.slice(0, 13)).toEqual([
    'harbour: 11.30',
    'swift: 12.30',
    '2 gave no price:',
    "  snail: step 'snail' attempt 1: no result within 50 ms",
    '  night: closed on Sundays',
    '',
    'What the store knows of each step:',
    '  pack: completed, attempt 1',
    '  swift: completed, attempt 1',
    '  harbour: completed, attempt 2',
    '  snail: failed, attempt 1',
    '  night: failed, attempt 1',
    '  choose: completed, attempt 1',
  ]);
  expect(lines[14]).toBe('flowchart TD');
  expect(lines).toContain('  class n3,n4 failed');
});

test('each example runs by its command, as its page says', async () => {
  const page = readFileSync(new URL('examples/README.md', root), 'utf8');
  const commands = [...page.matchAll(/^\| `(npx tsx examples\/[\w-]+\.ts)` \|/gm)].map(([, command = '']) => command);
  const programs = readdirSync(new URL('examples', root)).filter((file) => file.endsWith('.ts'));
  expect(commands.sort()).toEqual(programs.map((file) => `npx tsx examples/${file}`).sort());
  const { stdout, stderr } = await promisify(execFile)('npx', ['tsx', 'examples/paper-analysis.ts'], { cwd: root });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^Section 1\/4 [\s\S]*\n {2}2 sections are read, [^\n]*\n$/);
});
