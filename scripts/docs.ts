/**
 * Keeps the generated blocks of the documentation true: `tsx scripts/docs.ts` fails where one is out of date,
 * `tsx scripts/docs.ts --write` renews them. A block stands between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 * Also fails on a relative link that leads nowhere.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OptionDefinition } from '../src/cli/options/option-definition.js';
import { optionTable, variableOf } from '../src/cli/options/option-table.js';
import { createProgram } from '../src/cli/program.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const block = /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;
const write = process.argv.includes('--write');

const helpOf = (...names: readonly string[]) => {
  let command = createProgram();
  for (const name of names) {
    const found = command.commands.find((candidate) => candidate.name() === name);
    if (!found) throw new Error(`no command ${names.join(' ')}`);
    command = found;
  }
  let shown = '';
  command.configureOutput({
    getOutHelpWidth: () => 110,
    getOutHasColors: () => false,
    writeOut: (text) => (shown += text),
  });
  command.outputHelp();
  return `\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n`;
};

const definitions: readonly OptionDefinition[] = Object.values(optionTable);

const configurationKeys = () => {
  const rows = definitions.flatMap(({ key, help, flag, default: preset, shownDefault = preset ?? '–' }) => {
    const same = flag === undefined ? '' : ` (\`${flag.split(' ', 1)[0]}\`)`;
    return key === undefined ? [] : [`| \`${key}\` | ${help}${same} | ${shownDefault} |`];
  });
  return ['| key | meaning | default |', '|---|---|---|', ...rows, ''].join('\n');
};

const environment = () => {
  const flags = new Map(definitions.map((definition) => [variableOf(definition), definition.flag?.split(' ', 1)[0]]));
  flags.delete(undefined);
  const rows = [...flags].map(([variable, flag]) => `| \`${variable}\` | \`${flag}\` |`);
  return ['| variable | same as |', '|---|---|', ...rows, ''].join('\n');
};

const generators: Readonly<Record<string, () => string>> = {
  'configuration-keys': configurationKeys,
  environment,
  'help-demo': () => helpOf('demo'),
  'help-analyze': () => helpOf('analyze'),
  'help-experiment': () => helpOf('experiment'),
  'help-compare': () => helpOf('compare'),
  'help-agreement': () => helpOf('agreement'),
  'help-doctor': () => helpOf('doctor'),
  'help-sweep': () => helpOf('sweep'),
  'help-timeline': () => helpOf('timeline'),
  'help-pull': () => helpOf('pull'),
  'help-rm': () => helpOf('rm'),
  'help-runs': () => helpOf('runs'),
  'help-runs-list': () => helpOf('runs', 'list'),
  'help-runs-show': () => helpOf('runs', 'show'),
  'help-runs-compare': () => helpOf('runs', 'compare'),
  'help-runs-rm': () => helpOf('runs', 'rm'),
};

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...markdownIn('docs'),
];
let problems = 0;
for (const page of pages) {
  const before = readFileSync(join(root, page), 'utf8');
  const after = before.replace(block, (_, opening: string, name: string, closing: string) => {
    const generate = generators[name];
    if (!generate) throw new Error(`${page}: nothing generates the block '${name}'`);
    return `${opening}${generate()}${closing}`;
  });
  if (after !== before && write) writeFileSync(join(root, page), after);
  else if (after !== before) complain(`${page}: a generated block is out of date; run: npm run docs`);
  for (const [, link = ''] of after.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (!/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(page), link))) complain(`${page}: dead link ${link}`);
  }
}
if (problems > 0) process.exitCode = 1;
else console.log(`docs: ${pages.length} pages are up to date`);

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
}

function complain(problem: string): void {
  problems += 1;
  console.error(problem);
}
