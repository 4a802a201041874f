// Holds the words of the source, the docs and the README to the glossary of the project.
//
//   node scripts/check-words.mjs           fails where a word occurs more often than scripts/words.json allows
//   node scripts/check-words.mjs --list    prints each occurrence
//   node scripts/check-words.mjs --write   lowers the allowed counts to those of today
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A word of the left column is what the field says; the pattern finds what it replaces. */
const words = {
  request: /\bquestions?\b/gi,
  'gold label': /\bright labels?\b/gi,
  'classify, prediction': /\bjudge(?:s|d|ment|ments)?\b|\bverdicts?\b/gi,
  lexicon: /\bword lists?\b/gi,
  'max output tokens, output budget': /\banswer (?:tokens|room)\b/gi,
  reasoning: /\bthoughts\b/gi,
  'truncated, disconnected': /\bcut off\b/gi,
  'selective accuracy': /\bsurest\b/gi,
  metrics: /\bfigures?\b/gi,
  'multiple testing': /\blooks\b(?! (?:like|at|for|up|into))/gi,
  'discordant pairs, disagreements': /\bdividing|\bdivisive/gi,
  'suspected label errors': /\bdoubtful/gi,
  excluded: /\bleft out\b|\bleaves? out\b|\bleavesOut\b|\bleftOut\b/gi,
  'statistically significant': /\b(?:hardly|may be) chance\b/gi,
  RNG: /\bchance\b/gi,
  'cache lookup': /\brecalled\b/gi,
  prefetch: /\bannounced?\b/gi,
  'single-flight': /\bin work\b/gi,
  resume: /\b(?:go|goes|went|going) on\b/gi,
  fix: /\bmend(?:s|ed|ing)?\b/gi,
  resolve: /\bsettleOptions\b|\bsettle[A-Z]\w+Options\b/g,
  'half-open probe': /\btrial request\b/gi,
  upstream: /\bpool members?\b|\bmembers? of (?:a|the) pool\b/gi,
  'deadlock cycle': /\bcircles?\b/gi,
  'prompt strategy': /\bways? of asking\b/gi,
  rejected: /\brefus(?:e|es|ed)\b(?! connection)/gi,
  speedup: /\bspeed-up\b/gi,
  'a direct sentence': /\bbut for\b|\bfor want of\b|\bsuch (?:a )?one\b|\bit is no\b|\bhas not the\b/gi,
};

/** Lines that may keep a word, and why. */
const exceptions = [
  [
    /the connection was refused|connection refused|ECONNREFUSED|AnswerRefused|ANSWER_REFUSED/,
    'a refused connection, and a model that refuses',
  ],
  [/CHORALE_MODEL_CUT_OFF|ModelCutOff/, 'a stable error code and its class'],
];

const allowedFile = new URL('words.json', import.meta.url);
const listed = process.argv.includes('--list');

function textFiles() {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file));
  return [...sources, ...docs, 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
}

const counts = Object.fromEntries(Object.keys(words).map((right) => [right, 0]));
for (const file of textFiles()) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (exceptions.some(([pattern]) => pattern.test(line))) continue;
    for (const [right, pattern] of Object.entries(words)) {
      const found = line.match(pattern) ?? [];
      counts[right] += found.length;
      if (listed) for (const wrong of found) console.log(`${file}:${index + 1}: ${wrong} -> ${right}`);
    }
  }
}

const allowed = JSON.parse(readFileSync(allowedFile, 'utf8'));
if (process.argv.includes('--write')) {
  const lower = Object.entries(counts).map(([right, count]) => [right, Math.min(count, allowed[right] ?? count)]);
  writeFileSync(
    allowedFile,
    `${JSON.stringify(Object.fromEntries(lower.filter(([, count]) => count > 0)), null, 2)}\n`,
  );
} else {
  const worse = Object.entries(counts).filter(([right, count]) => count > (allowed[right] ?? 0));
  for (const [right, count] of worse) {
    console.error(`${count} words where the glossary says "${right}", ${allowed[right] ?? 0} allowed: see --list`);
  }
  const left = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`words: ${left} occurrences left to replace`);
  process.exitCode = worse.length > 0 ? 1 : 0;
}
