// The least that one would write for the same work with p-map and ollama-js: `node script.mjs INPUT OUTPUT HOST MODEL
// WORKERS [completion]`. It keeps nothing, retries nothing, limits no time, and stops at the first error.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { Ollama } from 'ollama';
import pMap from 'p-map';

const [input, output, host, model, workers, mode] = process.argv.slice(2);
const labels = ['positive', 'neutral', 'negative'];
const examples = [
  ['The kettle boils in two minutes and the handle stays cool. Could not be happier.', 'positive'],
  ['Broke on the second day, and nobody answers my mails.', 'negative'],
  ['It is a grey lamp with a switch on the cable.', 'neutral'],
  ['Arrived early, fits perfectly, and my daughter loves it.', 'positive'],
  ['A waste of money. The sound is awful.', 'negative'],
  ['The box holds twelve pens, six of them blue.', 'neutral'],
  ['I would buy this mixer again at once.', 'positive'],
  ['It does not work with my phone, although the seller promised it.', 'negative'],
];
const shots = (quote) => examples.map(([text, label]) => `Review: ${text}\nSentiment: ${quote}${label}${quote}`);
const system = ['Classify the sentiment of product reviews as positive, neutral or negative.', ...shots('"')].join(
  '\n\n',
);
const head = ['Product reviews and their sentiment (positive, neutral or negative).', ...shots('')].join('\n\n');
const options = { temperature: 0, seed: 42, num_ctx: 4096, repeat_penalty: 1 };
const ollama = new Ollama({ host });

async function chat(text) {
  const user = { role: 'user', content: `Review: ${text}\nSentiment:` };
  const messages = [{ role: 'system', content: system }, user];
  const format = { type: 'string', enum: labels };
  const answer = await ollama.chat({ model, messages, format, options: { ...options, num_predict: 12 } });
  return { label: JSON.parse(answer.message.content), confidence: '', tokens: answer.prompt_eval_count };
}

async function complete(text) {
  const prompt = `${head}\n\nReview: ${text.replace(/\s+/g, ' ')}\nSentiment:`;
  const probabilities = { logprobs: true, top_logprobs: 20 };
  const own = { ...options, num_predict: 1, stop: ['\n'] };
  const answer = await ollama.generate({ model, prompt, raw: true, ...probabilities, options: own });
  const confidence = Math.exp(answer.logprobs?.[0]?.logprob ?? Number.NaN);
  return { label: answer.response.trim().toLowerCase(), confidence, tokens: answer.prompt_eval_count };
}

const ask = mode === 'completion' ? complete : chat;
const rows = parse(readFileSync(input), { columns: true });
const cell = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
const answers = await pMap(rows, ({ text }) => ask(text), { concurrency: Number(workers) });
const lines = answers.map(({ label, confidence, tokens }, index) => {
  if (!labels.includes(label)) console.error(`row ${index + 1}: '${label}' is no label`);
  return [...Object.values(rows[index]), label, confidence, tokens].map(cell).join(',');
});
writeFileSync(output, `${[...Object.keys(rows[0]), 'sentiment', 'confidence', 'tokens']}\n${lines.join('\n')}\n`);
