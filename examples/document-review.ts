/**
 * An editorial office: every manuscript is prepared by a chain of steps, read by three reviewers at once, and approved,
 * sent back for revision, or rejected, as most of them say. A revised manuscript is read once more.
 *
 *   npx tsx examples/document-review.ts
 */

import { processParallel } from 'chorale';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  processChain,
  type WorkflowStepContext,
} from 'chorale/orchestration';
import { memoryStore } from 'chorale/store';

interface Manuscript {
  readonly title: string;
  readonly text: string;
}

interface Prepared extends Manuscript {
  readonly words: number;
  readonly claims: readonly string[];
}

type Vote = 'approve' | 'revise' | 'reject';

interface Review {
  readonly vote: Vote;
  readonly note: string;
}

/** What is done to a manuscript before anybody reads it, each on what the one before it has made. */
const preparations: readonly ((draft: Prepared) => Prepared)[] = [
  (draft) => ({ ...draft, text: draft.text.replace(/\s+/g, ' ').trim() }),
  (draft) => ({ ...draft, words: draft.text.split(' ').length }),
  (draft) => ({ ...draft, claims: draft.text.split(/(?<=[.!])\s/).filter((sentence) => /\d/.test(sentence)) }),
];

const prepare = defineStep({
  id: 'prepare',
  run: async ({ signal, state }, manuscript: Manuscript): Promise<Prepared> => {
    const raw: Prepared = { ...manuscript, words: 0, claims: [] };
    const { final, steps } = await processChain(preparations, raw, (work, draft) => work(draft), { signal });
    state.set('prepared', `${steps} steps: ${final.words} words, sentences with a number: ${final.claims.length}`);
    return final;
  },
});

const length = defineStep({
  id: 'length',
  run: (_, { words }: Prepared): Review => {
    if (words < 5) return { vote: 'reject', note: `${words} words are no article` };
    return words > 40
      ? { vote: 'revise', note: `${words} words: shorten it` }
      : { vote: 'approve', note: 'a good length' };
  },
});

// A reviewer may have helpers: every claim is checked by itself, two at a time.
const facts = defineStep({
  id: 'facts',
  run: async ({ signal }, { claims }: Prepared): Promise<Review> => {
    const { results } = await processParallel(claims, (claim) => /\bin \d{4}\b|\(.+\)/.test(claim), {
      maxWorkers: 2,
      signal,
    });
    const bare = results.filter((sourced) => !sourced).length;
    return bare > 0
      ? { vote: 'revise', note: `${bare} claim without a source` }
      : { vote: 'approve', note: 'all in order' };
  },
});

const tone = defineStep({
  id: 'tone',
  run: (_, { text }: Prepared): Review => {
    const loud = text.split('!').length - 1;
    if (loud === 0) return { vote: 'approve', note: 'calm' };
    return loud > 2 ? { vote: 'reject', note: 'it shouts' } : { vote: 'revise', note: 'less noise, please' };
  },
});

const consensus = defineStep({
  id: 'consensus',
  run: ({ state }, reviews: { length: Review; facts: Review; tone: Review }) => {
    const votes = Object.values(reviews).map(({ vote }) => vote);
    const count = (vote: Vote) => votes.filter((one) => one === vote).length;
    // Two of three decide; where they are of three opinions, the author may try again.
    const verdict = (['approve', 'reject', 'revise'] as const).find((vote) => count(vote) >= 2) ?? 'revise';
    state.set('votes', votes.join(', '));
    const notes = Object.entries(reviews).filter(([, { vote }]) => vote !== 'approve');
    return { verdict, notes: notes.map(([reviewer, { note }]) => `${reviewer}: ${note}`) };
  },
});

interface Opinion {
  readonly verdict: Vote;
  readonly notes: readonly string[];
}

const publish = defineStep({
  id: 'publish',
  run: ({ outputs }: WorkflowStepContext<{ prepare: Prepared }>, _opinion: Opinion) => ({
    decision: 'approved',
    letter: `'${outputs.get('prepare').title}' appears on Friday`,
  }),
});

const answer = defineStep({
  id: 'answer',
  run: (_, { verdict, notes }: Opinion) => ({
    decision: verdict === 'revise' ? 'to be revised' : 'rejected',
    letter: notes.join('; '),
  }),
});

const workflow = defineWorkflow('review', 'Review of a manuscript')
  .thenStep(prepare)
  .parallel(length, facts, tone)
  .thenStep(consensus)
  .thenStepIf((_, { verdict }) => verdict === 'approve', publish, answer)
  .build();

const engine = createEngine({ store: memoryStore() });

/** Reviews a manuscript, and what its author made of it where it came back. */
async function review(manuscript: Manuscript, revision?: string): Promise<void> {
  const { output, runId } = await engine.run(workflow, manuscript);
  const run = await engine.get(runId);
  console.log(`${manuscript.title}: ${output.decision} (${run?.state.votes})`);
  console.log(`  prepared in ${run?.state.prepared}`);
  console.log(`  ${output.letter}`);
  if (output.decision === 'to be revised' && revision) {
    await review({ title: `${manuscript.title}, revised`, text: revision });
  }
}

await review({
  title: 'The ferry',
  text: 'The ferry runs again since   March. It was built in 1962, and carries forty cars.',
});
await review(
  { title: 'The bridge', text: 'The bridge is 300 metres long! It will be painted soon!' },
  'The bridge is 300 metres long (harbour office). It will be painted soon.',
);
await review({ title: 'Scandal', text: 'Lies! Lies! Lies!' });

console.log('\nRuns, the newest first:');
for (const { workflow: id, status } of await engine.list({ workflow: 'review' })) console.log(`  ${id} ${status}`);
