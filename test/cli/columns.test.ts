import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { newStore, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { startFakeServer } from './fake-server.js';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});

function put(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const promptOf = (template: string, more = '') => `---\nlabels: [positive, negative]\n${more}---\n${template}\n`;

/** A server that finds a review positive if its title says so, and what it was asked. */
async function startServer() {
  const asked: string[] = [];
  const server = await startFakeServer({
    answer(body) {
      const question: string = JSON.parse(body).messages.at(-1).content;
      asked.push(question);
      return question.lastIndexOf('Title: Great') > question.lastIndexOf('Title: Poor') ? 'positive' : 'negative';
    },
  });
  onTestFinished(() => server.stop());
  return { asked, options: ['--host', server.host, '--model', 'small'] };
}

const titled = 'Title: {{review_title}}\nStars: {{stars}}\nReview: {{review}}\nSentiment:';
const table = `id,Review Title,stars,text,label
1,Great,5,It works,positive
2,Poor,1,It works,negative
3,Great,,It works,positive
4,Poor,N/A,"It, too",negative
`;

describe('a prompt that shows columns', () => {
  it('has them in every request, requests each tuple once, and resumes by it', async () => {
    const { asked, options } = await startServer();
    const data = put('reviews.csv', `${table}5,Great,5,It works,positive\n`);
    const prompt = put('titled.prompt', promptOf(titled));
    const args = ['analyze', data, '--prompt', prompt, ...options, '--label', 'label', '--blank', 'N/A', '--json'];
    const env = newStore();
    const end = await runCli([...args, '--out', 'out.csv'], { cwd: folder, env });
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ succeeded: 5, accuracy: 1, cached: 1 });
    expect([...asked].sort()).toEqual([
      'Title: Great\nStars: \nReview: It works\nSentiment:',
      'Title: Great\nStars: 5\nReview: It works\nSentiment:',
      'Title: Poor\nStars: \nReview: It, too\nSentiment:',
      'Title: Poor\nStars: 1\nReview: It works\nSentiment:',
    ]);
    expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n')[1]).toMatch(
      /^1,Great,5,It works,positive,0,1,ok,positive,/,
    );
    expect(JSON.parse((await runCli(args, { cwd: folder, env })).stdout)).toMatchObject({ cached: 5 });
    expect(asked).toHaveLength(4);
  });

  it.each([
    [
      'jsonl',
      '{"text":"Fine","Review Title":null,"stars":5.0}\n{"text":"Fine","Review Title":{"a":[true]},"stars":false}\n',
    ],
    [
      'json',
      '[{"text":"Fine","Review Title":null,"stars":5.0},{"text":"Fine","Review Title":{"a":[true]},"stars":false}]',
    ],
  ])('shows the values of %s as CSV has them', async (format, rows) => {
    const { asked, options } = await startServer();
    const prompt = put('titled.prompt', promptOf(titled));
    const end = await runCli(
      ['analyze', put(`rows.${format}`, rows), '--prompt', prompt, ...options, '--out', `o-${format}.csv`],
      {
        cwd: folder,
      },
    );
    expect(end.code).toBe(0);
    const cells = readFileSync(join(folder, `o-${format}.csv`), 'utf8')
      .split('\n')
      .slice(1, 3)
      .map((line) => line.replaceAll('""', '"'));
    expect([...asked].sort()).toEqual([
      'Title: \nStars: 5.0\nReview: Fine\nSentiment:',
      'Title: {"a":[true]}\nStars: false\nReview: Fine\nSentiment:',
    ]);
    expect(cells[0]).toMatch(/^Fine,,5\.0,/);
    expect(cells[1]).toMatch(/^Fine,"\{"a":\[true\]\}",false,/);
  });

  it('takes columns by the names of --var, of the configuration and of an experiment file', async () => {
    const { asked, options } = await startServer();
    const data = put('named.csv', 'Produkt (Titel),Note,text,label\nGreat,5,Fine,positive\nPoor,1,Fine,negative\n');
    const prompt = put('titled.prompt', promptOf(titled));
    const names = { review_title: 'produkt (titel)', stars: 'Note' };
    const flags = Object.entries(names).flatMap(([name, column]) => ['--var', `${name}=${column}`]);
    const config = put('config.json', JSON.stringify({ var: { review_title: 'x', stars: 'Note', other: 'unused' } }));
    const [first = '', second = ''] = flags;
    const ends = [
      await runCli(['analyze', data, '--prompt', prompt, ...options, ...flags], { cwd: folder }),
      await runCli(['analyze', data, '--prompt', prompt, ...options, '--config', config], { cwd: folder }),
      await runCli(['analyze', data, '--prompt', prompt, ...options, '--config', config, ...flags], { cwd: folder }),
    ];
    expect(first).toBe('--var');
    expect(second).toBe('review_title=produkt (titel)');
    expect(ends.map(({ code }) => code)).toEqual([0, 2, 0]);
    expect(ends[1]?.stderr).toContain(
      "--var review_title=x: there is no column 'x'; the columns are: Produkt (Titel), Note,",
    );
    put('plain.prompt', promptOf('Review: {{review}}'));
    const file = put(
      'experiment.yaml',
      `data: named.csv\nlabel: label\nprompts: [titled.prompt, plain.prompt]\nlabels: [positive, negative]\nvar:\n  review_title: Produkt (Titel)\n  stars: Note\n`,
    );
    const compared = await runCli(['experiment', file, ...options, '--json', '--no-repeat-sample'], { cwd: folder });
    expect(compared.code).toBe(0);
    const { variants } = JSON.parse(compared.stdout);
    expect(
      variants.map(({ name, accuracy }: { name: string; accuracy: { value: number } }) => [name, accuracy.value]),
    ).toEqual([
      ['titled', 1],
      ['plain', 0.5],
    ]);
    expect(asked.filter((question) => question.startsWith('Title: ')).every((one) => /Stars: [15]\n/.test(one))).toBe(
      true,
    );
  });

  it('is shown by --dry-run, without a request', async () => {
    const { asked, options } = await startServer();
    const data = put('dry.csv', table);
    const prompt = put('titled.prompt', promptOf(titled));
    const args = ['analyze', data, '--prompt', prompt, ...options, '--dry-run'];
    const { code, stdout } = await runCli(args, { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain('shown columns: {{review_title}} is Review Title, {{stars}} is stars\n');
    expect(stdout).toContain('first prompt:\n[user]\nTitle: Great\nStars: 5\nReview: It works\nSentiment:\n');
    expect(JSON.parse((await runCli([...args, '--json'], { cwd: folder })).stdout)).toMatchObject({
      shown_columns: { review_title: 'Review Title', stars: 'stars' },
    });
    const experiment = ['experiment', '--data', data, '--label', 'label', '--prompt', prompt, ...options, '--dry-run'];
    expect((await runCli(experiment, { cwd: folder })).code).toBe(0);
    expect(asked).toEqual([]);
  });

  it('needs its columns from the doctor, too', async () => {
    const { asked, options } = await startServer();
    const prompt = put('titled.prompt', promptOf(titled));
    const data = put('doctor.csv', table);
    const found = await runCli(['doctor', data, '--prompt', prompt, ...options, '--quick'], { cwd: folder });
    expect(found.stderr + found.stdout).not.toContain('CHORALE_COLUMN');
    expect(asked.some((question) => question.includes('Title: Poor\nStars: 1\n'))).toBe(true);
    const before = asked.length;
    const lacking = await runCli(
      ['doctor', put('only.csv', 'text\nFine\n'), '--prompt', prompt, ...options, '--quick'],
      { cwd: folder },
    );
    expect(lacking).toMatchObject({ code: 2, stderr: expect.stringContaining('names {{review_title}}') });
    expect(asked).toHaveLength(before);
  });

  it('says that a reserved name is not the column of that name', async () => {
    const { options } = await startServer();
    const data = put('reserved.csv', 'body,review,title\nFine,other,Great\n');
    const prompt = put('short.prompt', promptOf('Title: {{title}}\nReview: {{review}}'));
    const { code, stderr } = await runCli(['analyze', data, '--text', 'body', '--prompt', prompt, ...options], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stderr).toContain(
      "{{review}} is the text column 'body', not the column 'review'; --var NAME=review gives that one another name",
    );
  });

  it('is ignored by the lexicon, which reads no prompt', async () => {
    const data = put('plain.csv', 'text\nI love it\n');
    const prompt = put('titled.prompt', promptOf(titled));
    expect((await runCli(['analyze', data, '--prompt', prompt, '--provider', 'lexicon'], { cwd: folder })).code).toBe(
      0,
    );
  });
});

describe('a few-shot search', () => {
  it('shows the columns of its examples, and writes them into the prompt', async () => {
    const { options } = await startServer();
    const rows = Array.from({ length: 48 }, (_, index) => {
      const [title, stars, label] = index % 2 === 0 ? ['Great', 5, 'positive'] : ['Poor', 1, 'negative'];
      return `${title},${stars},"Lamp number ${index}, bought in May",${label}`;
    });
    const data = put('search.csv', `Review Title,stars,text,label\n${rows.join('\n')}\n`);
    const prompt = put('titled.prompt', promptOf(titled));
    const args = [
      'experiment',
      '--data',
      data,
      '--label',
      'label',
      '--prompt',
      prompt,
      ...options,
      '--search',
      'few-shot',
    ];
    const end = await runCli([...args, '--examples', '2', '--restarts', '2', '--out-prompt', 'found.prompt'], {
      cwd: folder,
    });
    expect(end.stderr).not.toContain('error:');
    expect(existsSync(join(folder, 'found.prompt'))).toBe(true);
    const { examples, template } = await loadPrompt(join(folder, 'found.prompt'));
    expect(examples).toHaveLength(4);
    for (const { label, columns } of examples) {
      const shown = label === 'positive' ? { review_title: 'Great', stars: '5' } : { review_title: 'Poor', stars: '1' };
      expect(columns).toEqual(shown);
    }
    expect(template).toContain('Title: {{review_title}}\nStars: {{stars}}\nReview: {{text}}\nSentiment:');
  });
});

describe('what is wrong with columns is one line, before any request', () => {
  const two = 'Review Title,review-title,stars,text\na,b,c,d\n';
  it.each<readonly [string, string, string, readonly string[], string, string]>([
    [
      'a column that is not there',
      titled,
      'title,stars,text\na,b,c\n',
      [],
      'CHORALE_COLUMN',
      'the prompt mine names {{review_title}} (did you mean {{title}}?), which is no column; a column gets this name with --var review_title=COLUMN; the columns are: title, stars, text',
    ],
    [
      'a column with no name near it',
      '{{zz}} {{review}}',
      'title,text\na,b\n',
      [],
      'CHORALE_COLUMN',
      'the prompt mine names {{zz}}, which is no column; a column gets this name with --var zz=COLUMN; the columns are: title, text',
    ],
    [
      'two columns with one slug',
      titled,
      two,
      [],
      'CHORALE_COLUMN',
      "{{review_title}} in the prompt mine may be 'Review Title', 'review-title': say which with --var review_title=COLUMN; the columns are: Review Title, review-title, stars, text",
    ],
    [
      'a column that --var misspells',
      titled,
      table,
      ['--var', 'stars=strs'],
      'CHORALE_COLUMN',
      "--var stars=strs: there is no column 'strs' (did you mean 'stars'?); the columns are: id, Review Title, stars, text, label",
    ],
    [
      'a --var that the template does not use',
      titled,
      table,
      ['--var', 'star=stars'],
      'CHORALE_USAGE',
      '--var star=stars: the prompt mine does not show {{star}} (did you mean {{stars}}?); it shows {{review_title}}, {{stars}}',
    ],
    [
      'a --var for a prompt without columns',
      '{{review}}',
      table,
      ['--var', 'title=Review Title'],
      'CHORALE_USAGE',
      "--var 'title=Review Title': the prompt mine does not show {{title}}; it shows no column beside the text",
    ],
    [
      'a --var with a reserved name',
      titled,
      table,
      ['--var', 'labels=stars'],
      'CHORALE_USAGE',
      "option '--var <name=column>' argument 'labels=stars' is invalid. 'labels' is reserved in templates: choose another name; see --help",
    ],
    [
      'a --var without =',
      titled,
      table,
      ['--var', 'stars'],
      'CHORALE_USAGE',
      "option '--var <name=column>' argument 'stars' is invalid. It must be of the form name=Column Name; see --help",
    ],
    [
      'a --var whose name no template can write',
      titled,
      table,
      ['--var', 'my stars=stars'],
      'CHORALE_USAGE',
      "option '--var <name=column>' argument 'my stars=stars' is invalid. 'my stars' is no name for a template: letters, digits, _ and - only; see --help",
    ],
    [
      'a name for two columns',
      titled,
      table,
      ['--var', 'stars=stars', '--var', 'stars=id'],
      'CHORALE_USAGE',
      "option '--var <name=column>' argument 'stars=stars stars=id' is invalid. 'stars' stands for two columns; see --help",
    ],
    [
      'the gold label in the prompt',
      '{{label_}} {{review}}',
      table,
      ['--label', 'label', '--var', 'label_=label'],
      'CHORALE_USAGE',
      "the prompt mine shows {{label_}}, which is the column 'label' of --label: the model would only have to copy the gold label; remove it from the template, or omit --label",
    ],
  ])('%s', async (_, template, rows, flags, code, message) => {
    const { asked, options } = await startServer();
    const prompt = put('mine.prompt', promptOf(template));
    const end = await runCli(['analyze', put('wrong.csv', rows), '--prompt', prompt, ...options, ...flags], {
      cwd: folder,
    });
    expect(end).toEqual({ code: 2, stdout: '', stderr: `error: ${message} [${code}]\n` });
    expect(asked).toEqual([]);
  });
});
