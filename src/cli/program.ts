import { Command, Option, type OutputConfiguration } from 'commander';
import { inputEndings } from '../data/data-format.js';
import { UsageError } from '../foundation/errors/chorale-error.js';
import { listChoices } from '../foundation/text/message-text.js';
import { programVersion } from './command-name.js';
import { type CommandName, type CommandOption, commandOptions } from './options/command-options.js';
import type { OptionDefinition } from './options/option-definition.js';
import { type OptionName, optionTable, variableOf } from './options/option-table.js';
import type { GivenTexts } from './options/parse-options.js';
import type { Terminal } from './terminal.js';

/** What was given to a command. */
interface Invocation {
  readonly run: CommandDefinition['run'];
  readonly operands: readonly string[];
  readonly options: readonly OptionName[];
  readonly texts: GivenTexts;
}

/** One command, as data. What is parsed are the flags that `run` takes: the options make them so. */
interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  readonly operands?: readonly (readonly [name: string, description: string])[];
  readonly example: string;
  readonly options: CommandName;
  readonly run: (operands: readonly string[], flags: object, terminal: Terminal) => Promise<number>;
}

const aRun = ['<run>', 'id of a run, a unique beginning of it, or latest'] as const;

const commands: readonly CommandDefinition[] = [
  {
    name: 'demo',
    description: 'shows chorale in ten steps with 12 product reviews; uses the lexicon if Ollama is not available',
    example: 'chorale demo --provider lexicon 2>events.jsonl',
    options: 'demo',
    run: async (...given) => (await import('./commands/demo.js')).demo(...given),
  },
  {
    name: 'analyze',
    description: 'classifies the sentiment of every review of a data set',
    operands: [['[input...]', `files (${inputEndings}), quoted patterns of files, or - for stdin`]],
    example: 'chorale analyze reviews.csv --model llama3.2:3b --out results.csv',
    options: 'analyze',
    run: async (...given) => (await import('./commands/analyze.js')).analyze(...given),
  },
  {
    name: 'experiment',
    description: 'compares prompts × models × options on labelled rows, with significance tests',
    operands: [['[file]', 'experiment file in YAML; options override it']],
    example: 'chorale experiment --data labelled.csv --label label --prompt sentiment --prompt sentiment-completion',
    options: 'experiment',
    run: async (...given) => (await import('./commands/experiment.js')).experiment(...given),
  },
  {
    name: 'compare',
    description: 'compares predictions that any tool made on the same rows, with significance tests',
    operands: [
      ['<file...>', `predictions (${inputEndings}), promptfoo output, inspect_ai logs; quoted patterns of files`],
    ],
    example: 'chorale compare a.csv b.jsonl --gold label --id id',
    options: 'compare',
    run: async (...given) => (await import('./commands/compare.js')).compare(...given),
  },
  {
    name: 'agreement',
    description: "measures how far annotators agree: Cohen's and Fleiss' kappa, Krippendorff's alpha",
    operands: [['<file>', `a row for each item, a column for each annotator (${inputEndings})`]],
    example: 'chorale agreement labels.csv --annotators anna,ben,cleo --order low,medium,high',
    options: 'agreement',
    run: async (...given) => (await import('./commands/agreement.js')).agreement(...given),
  },
  {
    name: 'doctor',
    description: 'checks every host: server, model, context, slots, speed; reports problems and how to fix them',
    operands: [
      ['[input...]', 'a data set (files, or quoted patterns of files), for an estimate of its time and tokens'],
    ],
    example: 'chorale doctor reviews.csv --model llama3.2:3b',
    options: 'doctor',
    run: async (...given) => (await import('./commands/doctor.js')).doctor(...given),
  },
  {
    name: 'sweep',
    description: 'measures throughput and latency with several numbers of workers; recommends one',
    operands: [['[input...]', 'a data set (files, or quoted patterns of files); without it the reviews of the demo']],
    example: 'chorale sweep reviews.csv --model llama3.2:3b --workers 1,2,4,8',
    options: 'sweep',
    run: async (...given) => (await import('./commands/sweep.js')).sweep(...given),
  },
  {
    name: 'timeline',
    description: 'shows when each worker did what, from the events of a run',
    operands: [['<events>', 'a file that --events wrote, or - for stdin']],
    example: 'chorale timeline events.jsonl --trace trace.json',
    options: 'timeline',
    run: async (...given) => (await import('./commands/timeline.js')).timeline(...given),
  },
  {
    name: 'pull',
    description: 'downloads models to all hosts concurrently; resumes an interrupted download',
    operands: [['<model...>', 'names of models, as in ollama pull']],
    example: 'chorale pull llama3.2:3b qwen3:4b --host 127.0.0.1:11434',
    options: 'pull',
    run: async (...given) => (await import('./commands/pull.js')).pull(...given),
  },
  {
    name: 'rm',
    description: 'removes models from all hosts',
    operands: [['<model...>', 'names of models, as in ollama list']],
    example: 'chorale rm qwen3:4b --host 127.0.0.1:11434',
    options: 'rm',
    run: async (...given) => (await import('./commands/rm.js')).rm(...given),
  },
];

/** The commands of `chorale runs`. */
const runsCommands: readonly CommandDefinition[] = [
  {
    name: 'list',
    description: 'lists the recorded runs, newest first',
    example: 'chorale runs list --limit 10',
    options: 'runsList',
    run: async (...given) => (await import('./commands/runs.js')).listRuns(...given),
  },
  {
    name: 'show',
    description: 'shows shows a run and its results: configuration, fingerprint, input, labels, failures by category',
    operands: [aRun],
    example: 'chorale runs show latest',
    options: 'runsShow',
    run: async (...given) => (await import('./commands/runs.js')).showRun(...given),
  },
  {
    name: 'compare',
    description: 'compares two runs: configuration, agreement, label flips, and whether one is better',
    operands: [
      ['<a>', aRun[1]],
      ['<b>', 'the run to compare it with'],
    ],
    example: 'chorale runs compare 3f9c2a10 latest --flips 20',
    options: 'runsCompare',
    run: async (...given) => (await import('./commands/runs.js')).compareRecordedRuns(...given),
  },
  {
    name: 'rm',
    description: 'removes recorded runs, and the records that only they use',
    operands: [['<run...>', 'ids, beginnings of ids, or latest']],
    example: 'chorale runs rm 3f9c2a10',
    options: 'runsRm',
    run: async (...given) => (await import('./commands/runs.js')).removeRuns(...given),
  },
];

type OnCommand = (invocation: Invocation) => Promise<void>;

/** The commands and their options. Each command's code is loaded when it runs. */
export function createProgram(onCommand: OnCommand = async () => {}, output: OutputConfiguration = {}): Command {
  const program = new Command('chorale')
    .description('Analyse review data sets with a local LLM, in order and in parallel.')
    .version(programVersion(), '-v, --version', 'prints the version')
    .helpOption('-h, --help', 'shows this help')
    .helpCommand('help [command]', 'shows the help of a command')
    .configureOutput({ writeErr: () => {}, ...output })
    .exitOverride();
  for (const definition of commands) addCommand(program, definition, onCommand);
  const runs = begin(program, 'runs', 'lists, shows, compares and removes recorded runs', 'chorale runs list');
  for (const definition of runsCommands) addCommand(runs, definition, onCommand);
  runs.exitOverride((error) => {
    if (error.code !== 'commander.help') throw error;
    const names = runsCommands.map(({ name }) => name);
    throw new UsageError(`a command of runs is missing: ${listChoices(names)}; see chorale runs --help`);
  });
  return program;
}

function begin(parent: Command, name: string, description: string, example: string): Command {
  const command = new Command(name)
    .copyInheritedSettings(parent)
    .description(description)
    .helpOption('-h, --help', 'shows this help')
    .helpCommand(false)
    .addHelpText('after', `\nExample:\n  $ ${example}`);
  parent.addCommand(command);
  return command;
}

function addCommand(parent: Command, definition: CommandDefinition, onCommand: OnCommand): void {
  const { name, description, example, operands = [], options, run } = definition;
  const command = begin(parent, name, description, example);
  for (const operand of operands) command.argument(...operand);
  const given: readonly CommandOption[] = commandOptions[options];
  for (const option of given) for (const made of optionsOf(option)) command.addOption(made);
  command.action(async (...args) => {
    const named = args.slice(0, operands.length).filter((operand) => operand !== undefined);
    const names = given.map((option) => (typeof option === 'string' ? option : option[0]));
    await onCommand({ run, operands: named.flat(), options: names, texts: textsOf(command, names) });
  });
}

/** An option for commander, which collects its texts; and the one that turns it off. */
function optionsOf(given: CommandOption): readonly Option[] {
  const [name, help] = typeof given === 'string' ? [given] : given;
  const definition: OptionDefinition = optionTable[name];
  const { type, flag, off, choices } = definition;
  const variable = variableOf(definition);
  const preset = definition.shownDefault ?? (definition.default === 'false' ? undefined : definition.default);
  const notes = [
    ...(choices ? [`one of ${choices.join(', ')}`] : []),
    ...(preset === undefined ? [] : [`default: ${preset}`]),
    ...(variable === undefined ? [] : [`env: ${variable}`]),
  ].map((note) => ` (${note})`);
  const on = flag === undefined ? [] : [new Option(flag, `${help ?? definition.help}${notes.join('')}`)];
  if (type !== 'switch') for (const option of on) option.argParser(collect);
  return [...on, ...(off ? [new Option(...off)] : [])];
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function textsOf(command: Command, names: readonly OptionName[]): GivenTexts {
  const texts: GivenTexts = {};
  for (const name of names) {
    const [option] = optionsOf(name);
    const attribute = option?.attributeName() ?? name;
    if (command.getOptionValueSource(attribute) !== 'cli') continue;
    texts[name] = [command.getOptionValue(attribute)].flat().map(String);
  }
  return texts;
}
