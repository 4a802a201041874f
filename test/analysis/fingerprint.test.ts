import { describe, expect, it } from 'vitest';
import { fingerprintChanges, fingerprintOf } from '../../src/analysis/fingerprint.js';
import { type AgentOptions, createAgent } from '../../src/classify/agent.js';
import { withMaxTokens, withSystemPrompt } from '../../src/classify/prompt/prompt.js';
import { loadPrompt, parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { createScriptedModel } from '../../src/testing/index.js';

const info = { serverVersion: '0.12.11', loadMs: 3, digest: 'sha256:aaa' };

async function fingerprint(options: Partial<AgentOptions> = {}, told = info) {
  const given = { model: createScriptedModel([]), prompt: await loadPrompt('sentiment'), ...options };
  return fingerprintOf(await createAgent(given), told);
}

const promptText = (template: string, temperature = 0) =>
  `---\nlabels: [positive, negative]\nconfig:\n  temperature: ${temperature}\n---\n${template}`;

describe('a fingerprint', () => {
  it('is the same for agents that ask the same, wherever and however many at once', async () => {
    const other = await fingerprint({ itemTimeoutMs: 5, retry: { maxRetries: 9 }, pacing: { requestsPerSecond: 2 } });
    expect(other).toEqual(await fingerprint());
    expect(await fingerprint({ probabilities: true })).toEqual(await fingerprint({ probabilities: false }));
    expect(await fingerprint({}, { ...info, serverVersion: '0.13', loadMs: 900 })).toEqual(other);
  });

  it.each<readonly [string, Partial<AgentOptions>, string]>([
    ['another model', { model: createScriptedModel([], { name: 'other' }) }, 'model script → other'],
    ['another provider', { model: createScriptedModel([], { provider: 'other' }) }, 'provider scripted → other'],
    ['other labels', { labels: ['negative', 'positive'] }, 'labels positive, neutral, negative → negative, positive'],
    ['another way with long reviews', { long: 'head' }, 'reviews that are too long fail → head'],
  ])('differs for %s, and the change is told', async (_, options, change) => {
    const [before, now] = [await fingerprint(), await fingerprint(options)];
    expect(now.hash).not.toBe(before.hash);
    expect(fingerprintChanges(before, now)).toContain(change);
  });

  it('differs for other weights under the same name', async () => {
    const now = await fingerprint({}, { ...info, digest: 'sha256:bbb' });
    expect(fingerprintChanges(await fingerprint(), now)).toEqual(['model digest sha256:aaa → sha256:bbb']);
  });

  it('differs for each change of the prompt: its text, its options, instructions, the limit of the answer', async () => {
    const prompt = parsePrompt('p', promptText('Judge {{review}}'));
    const variants = [
      prompt,
      parsePrompt('p', promptText('Judge: {{review}}')),
      parsePrompt('p', promptText('Judge {{review}}', 0.7)),
      withSystemPrompt(prompt, 'Be strict.'),
      withMaxTokens(prompt, 2),
    ];
    const hashes = await Promise.all(variants.map(async (variant) => (await fingerprint({ prompt: variant })).hash));
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it('of a newer version with further parts tells those, too', () => {
    const before = { hash: 'a', parts: { model: 'm' } };
    const now = { hash: 'b', parts: { model: 'm', tool: 'x' } };
    expect(fingerprintChanges(before, now)).toEqual(['tool not recorded → x']);
    expect(fingerprintChanges(now, before)).toEqual(['tool x → not recorded']);
  });
});
