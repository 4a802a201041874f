import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../harness/run-cli.js';

const password = 'hunter2pw';
let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chorale-secrets-'));
  writeFileSync(join(folder, 'in.csv'), 'text,label\nGreat,positive\nAwful,negative\n');
  printed = '';
});

/** Runs a command in the folder, with the store there. @returns the exit code */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number | null> {
  const store = { CHORALE_STORE: undefined, OLLAMA_HOST: undefined };
  const { code, stdout, stderr } = await runCli(args, { cwd: folder, env: { ...store, ...env } });
  printed += stdout + stderr;
  return code;
}

/** Everything that a command left behind for people to read: the terminal, and every file but the input. */
function traces(): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return [printed, ...files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))].join('\n');
}

const forms = [
  `http:/us3r:${password}@127.0.0.1:9`,
  `http://us3r:${password}@127.0.0.1:9`,
  `http:us3r:${password}@127.0.0.1:9`,
  `//us3r:${password}@127.0.0.1:9`,
  `us3r:${password}@127.0.0.1:9`,
  `us3r:${password}`,
  `http://us3r:${password}`,
  `http://us3r:${password}@`,
  `http://us3r:a/${password}@127.0.0.1:9`,
  `http://us3r:1/${password}@127.0.0.1:9`,
  `https:us3r:${password}@127.0.0.1:9`,
  `http://us3r:a@${password}@127.0.0.1:9`,
  `http://us3r:${password}@127.0.0.1:99999`,
  `http://us3r:${password}@127.0.0.1:9:2`,
  `http://us3r:${password} @127.0.0.1:9`,
  `htp://us3r:${password}@127.0.0.1:9`,
  `"http://us3r:${password}@127.0.0.1:9`,
  `http://us3r:${password}@[::1`,
  `http://127.0.0.1:9/?api_key=${password}`,
  `http://127.0.0.1:9/#${password}`,
  `http://${password}@127.0.0.1:9`,
];

const commands: readonly (readonly string[])[] = [
  ['analyze', 'in.csv', '--out', 'out.csv', '--events', 'events.jsonl'],
  ['analyze', 'in.csv', '--dry-run'],
  ['experiment', '--data', 'in.csv', '--label', 'label', '--out', 'out.jsonl'],
  ['doctor', '--quick'],
  ['demo'],
  ['pull', 'm'],
  ['rm', 'm'],
];

/** Each command with each provider: all forms with one command, and all with the commands of each provider together. */
const addressed = ['ollama', 'openai', 'http'].flatMap((provider) =>
  commands
    .filter(([name = '']) => provider === 'ollama' || !['pull', 'rm'].includes(name))
    .map((command, index, { length }) => ({
      provider,
      command,
      name: command.slice(0, 3).join(' '),
      some: forms.filter((_, form) => (provider === 'ollama' && index === 0) || form % length === index),
    })),
);

describe('credentials in the address of a server', () => {
  it.each(addressed)('are in nothing that is printed or kept by $name ($provider)', async (given) => {
    const { provider, command, some } = given;
    const isOllamaOnly = command[0] === 'pull' || command[0] === 'rm';
    const of = isOllamaOnly ? [] : ['--provider', provider, '--model', 'm', '--retries', '0'];
    const flags = command[0] === 'doctor' ? of.slice(0, -2) : of;
    for (const form of some) {
      const verbose = command[0] === 'analyze' ? ['--verbose'] : [];
      const code = await run([...command, ...flags, ...verbose, '--host', form]);
      expect([0, 2, 4], `${form}: ${printed}`).toContain(code);
      expect(traces(), form).not.toContain(password);
      printed = '';
    }
  });
});

it.each([[`--hosst=http://us3r:${password}@h`], [`--api-key=${password}`], [`http://us3r:${password}@h/in.csv`]])(
  'an argument that is wrong is named without what may be a secret: %s',
  async (argument) => {
    expect(await run(['analyze', argument, '--provider', 'lexicon', '--verbose'])).not.toBe(0);
    expect(traces()).not.toContain(password);
  },
);

const variables = ['OLLAMA_HOST', 'OPENAI_BASE_URL', 'CHORALE_HOST'];

it.each(variables)('%s is printed in no form either', async (variable) => {
  for (const form of forms.filter((_, index) => index % variables.length === variables.indexOf(variable))) {
    const provider = variable === 'OPENAI_BASE_URL' ? 'openai' : 'ollama';
    await run(['analyze', 'in.csv', '--provider', provider, '--model', 'm', '--retries', '0', '--verbose'], {
      [variable]: form,
    });
    expect(traces(), form).not.toContain(password);
    printed = '';
  }
});

/** A server that answers as told, and keeps the keys that it was sent. */
async function startServer(answer: (authorization: string) => { status: number; body: unknown }) {
  const keys: string[] = [];
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    if (authorization !== '') keys.push(authorization);
    const { status, body } = answer(authorization);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, keys, close };
}

it.each(['ollama', 'openai', 'http'])(
  'credentials that a server repeats in its error are hidden (%s)',
  async (name) => {
    const server = await startServer((authorization) => {
      const pair = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
      return { status: 400, body: { error: `bad: ${authorization} ${pair} ${encodeURIComponent(pair)}` } };
    });
    try {
      const host = `http://us3r:${password}@${server.address}`;
      const flags = ['--provider', name, '--model', 'm', '--host', host, '--retries', '0'];
      await run(['analyze', 'in.csv', ...flags, '--out', 'out.csv', '--events', 'events.jsonl', '--verbose']);
      expect(server.keys).not.toEqual([]);
      expect(traces()).not.toContain(password);
      expect(traces()).not.toContain(Buffer.from(`us3r:${password}`).toString('base64'));
    } finally {
      await server.close();
    }
  },
);

describe('the key of OPENAI_API_KEY', () => {
  const key = { OPENAI_API_KEY: 'sk-verysecret' };
  const refuse = () => ({ status: 400, body: { error: { message: 'no' } } });
  const config = (address: string) =>
    JSON.stringify({
      client: { provider: { name: 'openai', base_url: `http://${address}/v1`, model: { name: 'm' } } },
    });

  it('does not go to a server that only a configuration names which lay in the folder, and that is said', async () => {
    const server = await startServer(refuse);
    try {
      writeFileSync(join(folder, 'chorale.config.json'), config(server.address));
      for (const command of [
        ['analyze', 'in.csv'],
        ['experiment', '--data', 'in.csv', '--label', 'label'],
        ['doctor', '--quick'],
      ]) {
        await run(command, key);
        expect(printed).toContain('OPENAI_API_KEY is not sent to http://127.0.0.1');
      }
      expect(server.keys).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it.each(['--config', '--host', 'OPENAI_BASE_URL'])('goes to a server that the user named with %s', async (way) => {
    const server = await startServer(refuse);
    try {
      writeFileSync(join(folder, 'mine.json'), config(server.address));
      const base = way === 'OPENAI_BASE_URL' ? { [way]: `http://${server.address}/v1` } : {};
      const host = way === '--host' ? [way, server.address] : [];
      const named = way === '--config' ? [way, 'mine.json'] : ['--provider', 'openai', '--model', 'm'];
      await run(['analyze', 'in.csv', ...named, ...host], { ...key, ...base });
      expect(server.keys).toContain('Bearer sk-verysecret');
      expect(traces()).not.toContain('sk-verysecret');
    } finally {
      await server.close();
    }
  });
});

describe('the key of OLLAMA_API_KEY', () => {
  it('does not go to a server on this machine, and is printed nowhere', async () => {
    const server = await startServer(() => ({ status: 400, body: { error: 'no' } }));
    try {
      for (const command of [
        ['analyze', 'in.csv'],
        ['doctor', '--quick'],
        ['pull', 'small'],
      ]) {
        await run([...command, '--host', `http://${server.address}`], { OLLAMA_API_KEY: 'ok-verysecret' });
      }
      expect(server.keys).toEqual([]);
      expect(traces()).not.toContain('verysecret');
    } finally {
      await server.close();
    }
  });
});
