import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/cli/options/config-file.js';

const example = readFileSync(new URL('../../../examples/config.llama.json', import.meta.url), 'utf8');

function problemOf(config: unknown): string {
  try {
    parseConfig(typeof config === 'string' ? config : JSON.stringify(config), 'c.json');
  } catch (error) {
    return String(error);
  }
  return 'no problem';
}

describe('the configuration file', () => {
  it('loads the example, with provider and model under client', () => {
    expect(parseConfig(example, 'c.json')).toEqual({
      name: 'llama-agent',
      systemPrompt: 'You are a careful analyst of product reviews.',
      itemTimeoutMs: 120_000,
      maxRetries: 3,
      initialBackoffMs: 1_000,
      maxBackoffMs: 30_000,
      jitter: true,
      provider: 'ollama',
      hosts: ['http://localhost:11434'],
      model: 'llama3.2:3b',
      maxTokens: 150,
      workers: 0,
      workerCap: 16,
      failFast: false,
      observer: 'pino',
    });
  });

  it('loads the same with provider and model at the top level', () => {
    const nested = JSON.parse(example);
    const { provider, ...client } = nested.client;
    const { model, ...server } = provider;
    const flat = { ...nested, client, provider: server, model };
    expect(parseConfig(JSON.stringify(flat), 'c.json')).toEqual(parseConfig(example, 'c.json'));
  });

  it('knows rates, the longest wait for a server, and prices', () => {
    const client = { rate: '120/min', token_rate: '30000/min', retry: { max_server_wait: '1m' }, long: 'head-tail' };
    const prices = { 'a/b:c': { prompt_per_million: 0.15, completion_per_million: 0.6 } };
    expect(parseConfig(JSON.stringify({ client, prices }), 'c.json')).toMatchObject({
      long: 'head-tail',
      rate: 2,
      tokenRate: 500,
      maxServerWaitMs: 60_000,
      prices: { 'a/b:c': { promptPerMillion: 0.15, completionPerMillion: 0.6, currency: 'USD' } },
    });
  });

  it.each(['ollama', 'openai', 'http', 'lexicon'] as const)('may name the provider %s', (name) => {
    expect(parseConfig(JSON.stringify({ provider: { name } }), 'c.json').provider).toBe(name);
  });

  it('takes one server or several', () => {
    const hostsOf = (base_url: unknown) => parseConfig(JSON.stringify({ provider: { base_url } }), 'c.json').hosts;
    expect(hostsOf('http://a')).toEqual(['http://a']);
    expect(hostsOf(['http://a', 'http://b'])).toEqual(['http://a', 'http://b']);
  });

  it('leaves undefined what it does not say', () => {
    expect(Object.keys(parseConfig('{}', 'c.json')).length === 0).toBe(true);
  });

  it.each([
    [{ client: { rate: '10' } }, /client\.rate: must be a rate such as 10\/s or 600\/min, above 0, but is '10'/],
    [
      { prices: { m: { prompt_per_milion: 1, completion_per_million: 1 } } },
      /unknown key 'prices\.m\.prompt_per_milion' \(nearest known: prompt_per_million\)/,
    ],
    [{ prices: { m: { prompt_per_million: -1, completion_per_million: 1 } } }, /prices\.m\.prompt_per_million/],
    [{ clint: {} }, /unknown key 'clint' \(nearest known: client\)/],
    [
      { client: { retry: { max_retrys: 1 } } },
      /unknown key 'client\.retry\.max_retrys' \(nearest known: max_retries\)/,
    ],
    [{ parallel: { maxWorkers: 2 } }, /unknown key 'parallel\.maxWorkers' \(nearest known: max_workers\)/],
    [{ model: { name: 'a', capabilities: { chat: { tokens: 1 } } } }, /'model\.capabilities\.chat\.tokens'/],
    [{ client: { timeout: '2 minutes' } }, /client\.timeout: must be a duration.*'2 minutes'/],
    [{ parallel: { max_workers: -1 } }, /parallel\.max_workers/],
    [{ parallel: { worker_cap: 0 } }, /parallel\.worker_cap/],
    [{ model: { name: 'a' }, client: { model: { name: 'b' } } }, /names the model more than once/],
    [{ provider: { name: 'gpt' } }, /provider\.name: must be one of ollama, openai, http, lexicon, but is 'gpt'/],
    [{ provider: { name: 5 } }, /provider\.name: must be one of/],
    [{ provider: { name: 'openai', api_key: 'x' } }, /unknown key 'provider\.api_key'/],
    [{ provider: { base_url: [] } }, /provider\.base_url: must not be empty/],
    [{ provider: { base_url: ['http://a', ''] } }, /provider\.base_url: must not be empty/],
    [{ provider: { base_url: 11434 } }, /provider\.base_url: must be the address/],
    [{ parallel: { max_workers: '3' } }, /parallel\.max_workers: must be a whole number, but is '3'/],
    [{ parallel: { adaptive: 'true' } }, /parallel\.adaptive: must be true or false/],
    [{ client: { timeout: 30 } }, /client\.timeout: must be a text/],
    [{ client: { retry: { max_retries: 101 } } }, /max_retries: must be a whole number of at least 0 and at most 100/],
    [{ client: { model: {} } }, /client\.model\.name: is missing/],
    [{ provider: { model: { capabilities: { chat: { max_tokens: 5 } } } } }, /provider\.model\.name: is missing/],
    ['{"a":', /is not JSON/],
    ['[]', /the file/],
  ])('refuses %j', (config, expected) => {
    expect(problemOf(config)).toMatch(expected);
    expect(problemOf(config)).toMatch(/^ConfigError: c\.json: /);
  });
});
