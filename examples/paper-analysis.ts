/**
 * Reads a paper section by section. Each step adds to what is known so far: counts, sources, findings.
 *
 *   npx tsx examples/paper-analysis.ts
 */
import { ChainError, processChain } from 'chorale/orchestration';

interface Section {
  readonly title: string;
  readonly text: string;
}

interface Notes {
  readonly words: number;
  readonly sources: readonly string[];
  readonly findings: readonly string[];
}

const paper: readonly Section[] = [
  {
    title: 'Introduction',
    text: 'Bees find their way by landmarks [Lind 1998]. How they do so in fog is open [Okoye 2011].',
  },
  {
    title: 'Method',
    text: 'We followed forty bees through artificial fog with radar, as others did in clear air [Lind 1998].',
  },
  {
    title: 'Results',
    text: 'FINDING: in fog bees fly lower. Their paths were longer by a fifth. FINDING: older bees lose less time.',
  },
  {
    title: 'Discussion',
    text: 'Flying low keeps the ground in sight [Moreau 2019]. FINDING: experience makes up for poor sight.',
  },
];

const nothing: Notes = { words: 0, sources: [], findings: [] };

function read({ title, text }: Section, notes: Notes): Notes {
  if (text === '') throw new Error(`the section '${title}' has no text`);
  const sources = [...text.matchAll(/\[([^\]]+)\]/g)].map((match) => match[1] ?? '');
  const findings = [...text.matchAll(/FINDING: ([^.]+)\./g)].map((match) => match[1] ?? '');
  return {
    words: notes.words + text.split(/\s+/).length,
    sources: [...new Set([...notes.sources, ...sources])],
    findings: [...notes.findings, ...findings],
  };
}

const { final, steps, intermediate } = await processChain(
  paper,
  nothing,
  async (section, notes) => read(section, notes),
  {
    captureIntermediate: true,
    onProgress: (completed, total, notes) => {
      console.log(`Section ${completed}/${total} (${paper[completed - 1]?.title}): ${notes.words} words so far`);
    },
  },
);

console.log(`\nRead ${steps} sections, ${final.words} words`);
console.log(`Sources: ${final.sources.join('; ')}`);
for (const finding of final.findings) console.log(`- ${finding}`);

console.log('\nHow the notes grew:');
for (const [step, { sources, findings }] of (intermediate ?? []).entries()) {
  console.log(`  after ${step} sections: ${sources.length} sources, ${findings.length} findings`);
}

console.log('\nThe same with a section that cannot be read:');
const damaged = paper.map((section) => (section.title === 'Results' ? { ...section, text: '' } : section));
try {
  await processChain(damaged, nothing, read);
} catch (error) {
  if (!(error instanceof ChainError)) throw error;
  console.log(`  ${error.message}`);
  console.log(`  ${error.steps} sections are read, and their notes kept: ${JSON.stringify(error.state)}`);
}
