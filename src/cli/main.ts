import { Command, CommanderError, type Option } from 'commander';
import { UsageError } from '../foundation/errors/usage-errors.js';
import { listChoices } from '../foundation/text/list-choices.js';
import {
  analyzeOptions,
  comparisonOptions,
  demoOptions,
  doctorOptions,
  experimentOptions,
  modelOptions,
  modelsOptions,
  pullOptions,
  recordedRunsOptions,
  runListOptions,
  runOptions,
} from './option-list.js';
import { printError } from './print-error.js';
import { programVersion } from './program-version.js';
import { print, watchStandardStreams } from './standard-streams.js';

/**
 * Runs the command line.
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  watchStandardStreams();
  dropEmptyVariables(process.env);
  let exitCode = 0;
  let help = '';
  const program = createProgram(
    (code) => {
      exitCode = code;
    },
    (text) => {
      help += text;
    },
  );
  try {
    await program.parseAsync(helpAsOption(args, program), { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    });
    if (help !== '') await print(help);
    return exitCode;
  } catch (error) {
    return printError(error, args.includes('--verbose'));
  }
}

/** A variable that is set and empty counts as not set, as in other tools: `CHORALE_WORKERS=` says nothing. */
function dropEmptyVariables(variables: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(variables)) {
    if (/^(?:CHORALE|OLLAMA|OPENAI)_/.test(name) && value?.trim() === '') delete variables[name];
  }
}

/** `help analyze` and `runs help list` as `analyze --help` and `runs list --help`; a command that is not there stays. */
function helpAsOption(args: readonly string[], program: Command): string[] {
  const group = program.commands.find((command) => command.name() === args[0] && command.commands.length > 0);
  const before = group ? 1 : 0;
  if (args[before] !== 'help') return [...args];
  const names = [...args.slice(0, before), ...args.slice(before + 1)];
  const isKnown = names[0] === undefined || program.commands.some((command) => command.name() === names[0]);
  return isKnown ? [...names, '--help'] : names;
}

/** The commands and their options. Each command's code is loaded when it runs. */
export function createProgram(
  onExit: (code: number) => void = () => {},
  writeOut: (text: string) => void = () => {},
): Command {
  const program = new Command('chorale')
    .description('Analyse review data sets with a local LLM, in order and in parallel.')
    .version(programVersion(), '-v, --version', 'prints the version')
    .helpOption('-h, --help', 'shows this help')
    .helpCommand('help [command]', 'shows the help of a command')
    .configureOutput({ writeErr: () => {}, writeOut })
    .exitOverride();
  const add = (definition: CommandDefinition | CommandGroup) =>
    program.addCommand(createCommand(definition, onExit, program));
  add({
    name: 'demo',
    description: 'the ten-section walk-through over 12 product reviews; falls back to the lexicon without Ollama',
    example: 'chorale demo --provider lexicon 2>events.jsonl',
    options: [...modelOptions(), ...runOptions(), ...demoOptions()],
    run: async (_, flags) => (await import('./commands/demo.js')).demo(flags),
  });
  add({
    name: 'analyze',
    description: 'sentiment of every review of a data set',
    argument: [
      '[input...]',
      'files (.csv .tsv .jsonl .ndjson .json .parquet, each also .gz), quoted patterns of files, or - for stdin',
    ],
    example: 'chorale analyze reviews.csv --model llama3.2:3b --out results.csv',
    options: [...modelOptions(), ...runOptions(), ...analyzeOptions()],
    run: async (inputs, flags) => (await import('./commands/analyze.js')).analyze(inputs, flags),
  });
  add({
    name: 'experiment',
    description: 'prompts × models × options on labelled rows: which is better, and is that more than luck',
    argument: ['[file]', 'an experiment as a YAML file; options have precedence over it'],
    example: 'chorale experiment --data labelled.csv --label label --prompt sentiment --prompt sentiment-completion',
    options: [...experimentOptions(), ...runOptions()],
    run: async (files, flags) => (await import('./commands/experiment.js')).experiment(files, flags),
  });
  add({
    name: 'doctor',
    description: 'looks at every host: server, model, context, slots, speed; says what is wrong and what mends it',
    argument: ['[input...]', 'a data set (files, or quoted patterns of files), for an estimate of its time and tokens'],
    example: 'chorale doctor reviews.csv --model llama3.2:3b',
    options: [...modelOptions(), ...doctorOptions()],
    run: async (inputs, flags) => (await import('./commands/doctor.js')).doctor(inputs, flags),
  });
  add({
    name: 'pull',
    description: 'downloads models onto every host at once; goes on where it stopped',
    argument: ['<model...>', 'names of models, as in ollama pull'],
    example: 'chorale pull llama3.2:3b qwen3:4b --host 127.0.0.1:11434',
    options: [...modelsOptions(), ...pullOptions()],
    run: async (models, flags) => (await import('./commands/pull.js')).pull(models, flags),
  });
  add({
    name: 'rm',
    description: 'removes models from every host at once',
    argument: ['<model...>', 'names of models, as in ollama list'],
    example: 'chorale rm qwen3:4b --host 127.0.0.1:11434',
    options: modelsOptions(),
    run: async (models, flags) => (await import('./commands/rm.js')).rm(models, flags),
  });
  add({
    name: 'runs',
    description: 'recorded runs',
    example: 'chorale runs list',
    commands: runsCommands,
  });
  return program;
}

/** What `chorale runs` can do. */
const runsCommands: readonly CommandDefinition[] = [
  {
    name: 'list',
    description: 'the recorded runs, newest first',
    example: 'chorale runs list --limit 10',
    options: [...runListOptions(), ...recordedRunsOptions()],
    run: async (_, flags) => (await import('./commands/runs/list.js')).listRuns(flags),
  },
  {
    name: 'show',
    description: 'what a run was and came to: configuration, fingerprint, input, labels, failures by category',
    argument: ['<run>', "a run's id, the beginning of one, or latest"],
    example: 'chorale runs show latest',
    options: recordedRunsOptions(),
    run: async (runs, flags) => (await import('./commands/runs/show.js')).showRun(runs, flags),
  },
  {
    name: 'compare',
    description: 'how two runs differ: configuration, agreement, label flips, and whether one is better',
    argument: ['<a>', "a run's id, the beginning of one, or latest"],
    further: ['<b>', 'another one'],
    example: 'chorale runs compare 3f9c2a10 latest --flips 20',
    options: [...comparisonOptions(), ...recordedRunsOptions()],
    run: async (runs, flags) => (await import('./commands/runs/compare.js')).compareRecordedRuns(runs, flags),
  },
  {
    name: 'rm',
    description: 'removes recorded runs, and what only they hold',
    argument: ['<run...>', 'ids, beginnings of ids, or latest'],
    example: 'chorale runs rm 3f9c2a10',
    options: recordedRunsOptions(),
    run: async (runs, flags) => (await import('./commands/runs/rm.js')).removeRuns(runs, flags),
  },
];

type Argument = readonly [name: string, description: string];

/** One command, as data. What it parses are the flags that `run` takes: the options make them so. */
interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  readonly argument?: Argument;
  /** A second one. */
  readonly further?: Argument;
  readonly example: string;
  readonly options: readonly Option[];
  readonly run: (operands: readonly string[], flags: object) => Promise<number>;
}

/** Commands under one name. */
interface CommandGroup extends Pick<CommandDefinition, 'name' | 'description' | 'example'> {
  readonly commands: readonly CommandDefinition[];
}

function createCommand(
  definition: CommandDefinition | CommandGroup,
  onExit: (code: number) => void,
  parent: Command,
): Command {
  const { name, description, example } = definition;
  const command = new Command(name)
    .copyInheritedSettings(parent)
    .description(description)
    .helpOption('-h, --help', 'shows this help')
    .helpCommand(false)
    .addHelpText('after', `\nExample:\n  $ ${example}`);
  if ('commands' in definition) return addCommands(command, definition, onExit);
  const { argument, further, options, run } = definition;
  const operands = [argument, further].filter((operand) => operand !== undefined);
  for (const operand of operands) command.argument(...operand);
  for (const option of options) command.addOption(option);
  return command.action(async (...given) => {
    const named = given.slice(0, operands.length).filter((operand) => operand !== undefined);
    onExit(await run(named.flat(), command.opts()));
  });
}

function addCommands(group: Command, { name, commands }: CommandGroup, onExit: (code: number) => void): Command {
  for (const definition of commands) group.addCommand(createCommand(definition, onExit, group));
  const names = commands.map((command) => command.name);
  return group.exitOverride((error) => {
    if (error.code !== 'commander.help') throw error;
    throw new UsageError(`which command of ${name}? ${listChoices(names)}; see chorale ${name} --help`);
  });
}
