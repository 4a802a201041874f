import { describe, expect, it } from 'vitest';
import { parseOption } from '../../../src/cli/options/parse-options.js';
import { resolveSettings } from '../../../src/cli/options/settings.js';
import { defaults } from '../../../src/foundation/defaults.js';
import { defaultRetryPolicy } from '../../../src/foundation/retry.js';

describe('settings', () => {
  it('come from the flag, else the file, else the default', () => {
    expect(resolveSettings({ model: 'flag' }, { model: 'file' }).model).toBe('flag');
    expect(resolveSettings({}, { model: 'file' }).model).toBe('file');
    expect(resolveSettings({}, {}).model).toBe('llama3.2:3b');
  });

  it('take the variable of the provider between the flag and the file', () => {
    const hosts = { ollama: 'env', openai: 'other' };
    expect(resolveSettings({ hosts: ['flag'] }, { hosts: ['file'] }, hosts).hosts).toEqual(['flag']);
    expect(resolveSettings({}, { hosts: ['file'] }, hosts).hosts).toEqual(['env']);
    expect(resolveSettings({}, { hosts: ['file'] }, { openai: 'other' }).hosts).toEqual(['file']);
    expect(resolveSettings({}, { hosts: ['file'] }, { ollama: '' }).hosts).toEqual(['file']);
    expect(resolveSettings({ provider: 'openai' }, { hosts: ['file'] }, hosts).hosts).toEqual(['other']);
  });

  it.each([
    ['ollama', 'llama3.2:3b', ['http://127.0.0.1:11434']],
    ['openai', undefined, ['https://api.openai.com/v1']],
    ['http', undefined, []],
  ] as const)('%s has a model and an address by default, or none', (provider, model, hosts) => {
    expect(resolveSettings({ provider }, {})).toMatchObject({ provider, model, hosts });
  });

  it('leave out what the file says of another provider, so that no key goes to its address', () => {
    const file = { provider: 'ollama', model: 'small', hosts: ['http://desktop:11434'] } as const;
    expect(resolveSettings({ provider: 'openai' }, file)).toMatchObject({
      provider: 'openai',
      model: undefined,
      hosts: ['https://api.openai.com/v1'],
    });
    expect(resolveSettings({ provider: 'ollama' }, file)).toMatchObject(file);
    expect(resolveSettings({}, file)).toMatchObject(file);
    const { provider: _, ...unnamed } = file;
    expect(resolveSettings({ provider: 'openai' }, unnamed)).toMatchObject(unnamed);
  });

  it('have the key of their provider, unless only a file that was found names the server', () => {
    const keys = { ollama: 'of ollama', openai: 'of openai' };
    const keyOf = (...of: Parameters<typeof resolveSettings>) => resolveSettings(...of).apiKey;
    expect(keyOf({}, {}, {}, { keys })).toBe('of ollama');
    expect(keyOf({ provider: 'openai' }, {}, {}, { keys })).toBe('of openai');
    expect(keyOf({ provider: 'http' }, {}, {}, { keys })).toBeUndefined();
    const file = { hosts: ['https://elsewhere.example'] };
    expect(keyOf({}, file, {}, { keys, foundFile: true })).toBeUndefined();
    expect(keyOf({}, file, {}, { keys })).toBe('of ollama');
  });

  it('let reviews that do not fit fail, unless the flag or the file says otherwise', () => {
    expect(resolveSettings({ long: 'head' }, { long: 'split' }, undefined).long).toBe('head');
    expect(resolveSettings({}, { long: 'split' }, undefined).long).toBe('split');
    expect(resolveSettings({}, {}, undefined).long).toBe('fail');
  });

  it('are those of the library where nothing is set', () => {
    const { retry, itemTimeoutMs, workerCap } = resolveSettings({}, {});
    expect(retry).toEqual(defaultRetryPolicy);
    expect(itemTimeoutMs).toBe(defaults.itemTimeoutMs);
    expect(workerCap).toBe(defaults.workerCap);
    expect(resolveSettings({ adaptive: true }, {}).workerCap).toBe(64);
  });

  it('take 0 and false for what they are', () => {
    expect(resolveSettings({ maxRetries: 0 }, { maxRetries: 5 }).retry.maxRetries).toBe(0);
    expect(resolveSettings({}, { jitter: false }).retry.jitter).toBe(false);
  });
});

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => expect(parseOption('simulateLatencyMs', [text])).toBe(ms));

  it.each(['', '5', 's', '-1s', '1w', '1 s', '1s2', 'NaNs'])('%j is none', (text) => {
    expect(() => parseOption('simulateLatencyMs', [text])).toThrow('It must be a duration');
  });
});

describe('rates', () => {
  it.each([
    ['10/s', 10],
    ['600/min', 10],
    ['0.5/s', 0.5],
    [' 3 / min ', 0.05],
  ])('%s is %d a second', (text, perSecond) => expect(parseOption('rate', [text])).toBeCloseTo(perSecond, 12));

  it.each(['', '10', '10/h', '/s', '0/s', '-1/s', '1e3/s', '10/s/s', `${'9'.repeat(400)}/s`])('%j is none', (text) => {
    expect(() => parseOption('rate', [text])).toThrow('It must be a rate');
  });
});
