// Checks the words of the source, the docs and the README against the glossary of the project.
//
//   node scripts/check-words.mjs    prints each occurrence of a word that the glossary replaces, and fails if there is one
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The standard term, and a pattern for the words that it replaces. */
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
  'discordant pairs, disagreements': /\bdividing\b|\bdivisive\b/gi,
  'suspected label errors': /\bdoubtful\b/gi,
  excluded: /\bleft out\b|\bleaves? out\b|\bleavesOut\b|\bleftOut\b/gi,
  'statistically significant': /\b(?:hardly|may be) chance\b/gi,
  RNG: /(?<!\b(?:by|beyond) )\bchance\b/gi,
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
    /connection (?:was )?refused|\bconnections?\b.*\brefuse|ECONNREFUSED|refused\); start one with/,
    'a refused connection',
  ],
  [
    /AnswerRefused|ANSWER_REFUSED|[Tt]he model refused to answer/,
    'a model that refuses to answer, and its stable error code',
  ],
  [/CHORALE_MODEL_CUT_OFF|ModelCutOff/, 'a stable error code and its class'],
  [/'answer tokens'|'way of asking'/, 'parts of a fingerprint, which recorded runs are compared by'],
  [/\bquestions: |`questions`|\bmend\b|readonly refused|\$\{refused\}/, 'fields of JSON outputs and of a public error'],
  [/\blooks: /, 'a field of the JSON of a search'],
  [/onMismatch|'refuse'/, 'a value of a public option'],
  [
    /--ask\b|asks one question|question: string|the question is|neutralizeLine\(question\)|Answer a question|Question: |A question without/,
    'what a person asks about every text with --ask',
  ],
  [/category\|verdict/, 'a word that models use'],
  [/Judgement|model may have `prefetch`|end in `Metrics`/, 'the changelog names what was renamed'],
];

function textFiles() {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file));
  return [...sources, ...docs, 'README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
}

let found = 0;
for (const file of textFiles()) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (exceptions.some(([pattern]) => pattern.test(line))) continue;
    for (const [term, pattern] of Object.entries(words)) {
      for (const word of line.match(pattern) ?? []) {
        console.error(`${file}:${index + 1}: '${word}', where the glossary says '${term}'`);
        found += 1;
      }
    }
  }
}
process.exitCode = found > 0 ? 1 : 0;
