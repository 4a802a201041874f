import type { FrontMatter } from './prompt.js';

/**
 * The text of a `.prompt` file, which `parsePrompt` reads back to the same. Every text is written as a quoted string on
 * one line, so that none can end the front matter, or be taken for anything but a text.
 */
export function formatPrompt(front: FrontMatter, template: string): string {
  const { description, labels, mode, output, config, examples } = front;
  const { maxOutputTokens, contextTokens, temperature, seed, stopSequences } = config;
  return [
    '---',
    ...(description === undefined ? [] : [`description: ${quote(description)}`]),
    `labels: [${labels.map(quote).join(', ')}]`,
    `mode: ${mode}`,
    'output:',
    `  format: ${output.format}`,
    ...(output.rationale ? ['  rationale: true'] : []),
    ...(output.probabilities === undefined ? [] : [`  probabilities: ${output.probabilities}`]),
    'config:',
    `  maxOutputTokens: ${maxOutputTokens}`,
    `  contextTokens: ${contextTokens}`,
    `  temperature: ${temperature}`,
    `  seed: ${seed}`,
    ...(stopSequences.length === 0 ? [] : [`  stopSequences: [${stopSequences.map(quote).join(', ')}]`]),
    ...(examples.length === 0 ? [] : ['examples:']),
    ...examples.flatMap(({ text, label }) => [`  - text: ${quote(text)}`, `    label: ${quote(label)}`]),
    '---',
    template,
    '',
  ].join('\n');
}

/** JSON is YAML, but for a few characters that YAML may not hold as they are. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
