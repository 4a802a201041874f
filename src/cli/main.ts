import { Command, CommanderError, InvalidArgumentError, type OutputConfiguration } from 'commander';
import { UsageError } from '../foundation/errors/common-errors.js';
import { listChoices } from '../foundation/text/message-text.js';
import type { Io } from './io.js';
import {
  analyzeOptions,
  type CliOption,
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
import { Terminal } from './terminal.js';

/**
 * Runs the command line. Calls do not influence each other.
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], given: Io): Promise<number> {
  const io = { ...given, env: withoutEmpty(given.env) };
  const terminal = new Terminal(io, args);
  let exitCode = 0;
  let help = '';
  const output = {
    getOutHelpWidth: () => (io.stdout.isTTY && io.stdout.columns) || 80,
    getOutHasColors: () => terminal.isColoured(io.stdout),
    writeOut: (text: string) => {
      help += text;
    },
  };
  const program = createProgram(output, async (command, { options, run }, operands) => {
    applyEnvironment(command, options, io.env);
    exitCode = await run(operands, command.opts(), terminal);
  });
  try {
    await program.parseAsync(helpAsOption(args, program), { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    });
    if (help !== '') await terminal.print(help);
    return exitCode;
  } catch (error) {
    return printError(terminal, error, args.includes('--verbose'));
  } finally {
    terminal.close();
  }
}

/** A variable that is set and empty counts as not set, as in other tools. */
function withoutEmpty(variables: Io['env']): Io['env'] {
  return Object.fromEntries(
    Object.entries(variables).filter(
      ([name, value]) => !/^(?:CHORALE|OLLAMA|OPENAI)_/.test(name) || value?.trim() !== '',
    ),
  );
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
export function createProgram(output: OutputConfiguration = {}, run: Runner = async () => {}): Command {
  const program = new Command('chorale')
    .description('Analyse review data sets with a local LLM, in order and in parallel.')
    .version(programVersion(), '-v, --version', 'prints the version')
    .helpOption('-h, --help', 'shows this help')
    .helpCommand('help [command]', 'shows the help of a command')
    .configureOutput({ writeErr: () => {}, ...output })
    .exitOverride();
  const add = (definition: CommandDefinition | CommandGroup) =>
    program.addCommand(createCommand(definition, run, program));
  add({
    name: 'demo',
    description: 'the ten-section walk-through over 12 product reviews; falls back to the lexicon without Ollama',
    example: 'chorale demo --provider lexicon 2>events.jsonl',
    options: [...modelOptions(), ...runOptions(), ...demoOptions()],
    run: async (...given) => (await import('./commands/demo.js')).demo(...given),
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
    run: async (...given) => (await import('./commands/analyze.js')).analyze(...given),
  });
  add({
    name: 'experiment',
    description: 'prompts × models × options on labelled rows: which is better, and is that more than luck',
    argument: ['[file]', 'an experiment as a YAML file; options have precedence over it'],
    example: 'chorale experiment --data labelled.csv --label label --prompt sentiment --prompt sentiment-completion',
    options: [...experimentOptions(), ...runOptions()],
    run: async (...given) => (await import('./commands/experiment.js')).experiment(...given),
  });
  add({
    name: 'doctor',
    description: 'looks at every host: server, model, context, slots, speed; says what is wrong and what mends it',
    argument: ['[input...]', 'a data set (files, or quoted patterns of files), for an estimate of its time and tokens'],
    example: 'chorale doctor reviews.csv --model llama3.2:3b',
    options: [...modelOptions(), ...doctorOptions()],
    run: async (...given) => (await import('./commands/doctor.js')).doctor(...given),
  });
  add({
    name: 'pull',
    description: 'downloads models onto every host at once; goes on where it stopped',
    argument: ['<model...>', 'names of models, as in ollama pull'],
    example: 'chorale pull llama3.2:3b qwen3:4b --host 127.0.0.1:11434',
    options: [...modelsOptions(), ...pullOptions()],
    run: async (...given) => (await import('./commands/pull.js')).pull(...given),
  });
  add({
    name: 'rm',
    description: 'removes models from every host at once',
    argument: ['<model...>', 'names of models, as in ollama list'],
    example: 'chorale rm qwen3:4b --host 127.0.0.1:11434',
    options: modelsOptions(),
    run: async (...given) => (await import('./commands/rm.js')).rm(...given),
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
    run: async (...given) => (await import('./commands/runs/list.js')).listRuns(...given),
  },
  {
    name: 'show',
    description: 'what a run was and came to: configuration, fingerprint, input, labels, failures by category',
    argument: ['<run>', "a run's id, the beginning of one, or latest"],
    example: 'chorale runs show latest',
    options: recordedRunsOptions(),
    run: async (...given) => (await import('./commands/runs/show.js')).showRun(...given),
  },
  {
    name: 'compare',
    description: 'how two runs differ: configuration, agreement, label flips, and whether one is better',
    argument: ['<a>', "a run's id, the beginning of one, or latest"],
    further: ['<b>', 'another one'],
    example: 'chorale runs compare 3f9c2a10 latest --flips 20',
    options: [...comparisonOptions(), ...recordedRunsOptions()],
    run: async (...given) => (await import('./commands/runs/compare.js')).compareRecordedRuns(...given),
  },
  {
    name: 'rm',
    description: 'removes recorded runs, and what only they hold',
    argument: ['<run...>', 'ids, beginnings of ids, or latest'],
    example: 'chorale runs rm 3f9c2a10',
    options: recordedRunsOptions(),
    run: async (...given) => (await import('./commands/runs/rm.js')).removeRuns(...given),
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
  readonly options: readonly CliOption[];
  readonly run: (operands: readonly string[], flags: object, terminal: Terminal) => Promise<number>;
}

/** Commands under one name. */
interface CommandGroup extends Pick<CommandDefinition, 'name' | 'description' | 'example'> {
  readonly commands: readonly CommandDefinition[];
}

type Runner = (command: Command, definition: CommandDefinition, operands: readonly string[]) => Promise<void>;

/** Takes the options that were not given from their variables. */
function applyEnvironment(command: Command, options: readonly CliOption[], env: Io['env']): void {
  for (const option of options) {
    const name = option.attributeName();
    const text = option.variable === undefined ? undefined : env[option.variable];
    if (text === undefined || command.getOptionValueSource(name) !== undefined) continue;
    try {
      command.setOptionValueWithSource(name, option.parseArg?.(text, undefined) ?? text, 'env');
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const place = `option '${option.flags}' value '${text}' from env '${option.variable}'`;
      throw new UsageError(`${place} is invalid. ${error.message.replace(/\.$/, '')}; see --help`);
    }
  }
}

function createCommand(definition: CommandDefinition | CommandGroup, run: Runner, parent: Command): Command {
  const { name, description, example } = definition;
  const command = new Command(name)
    .copyInheritedSettings(parent)
    .description(description)
    .helpOption('-h, --help', 'shows this help')
    .helpCommand(false)
    .addHelpText('after', `\nExample:\n  $ ${example}`);
  if ('commands' in definition) return addCommands(command, definition, run);
  const { argument, further, options } = definition;
  const operands = [argument, further].filter((operand) => operand !== undefined);
  for (const operand of operands) command.argument(...operand);
  for (const option of options) command.addOption(option);
  return command.action(async (...given) => {
    const named = given.slice(0, operands.length).filter((operand) => operand !== undefined);
    await run(command, definition, named.flat());
  });
}

function addCommands(group: Command, { name, commands }: CommandGroup, run: Runner): Command {
  for (const definition of commands) group.addCommand(createCommand(definition, run, group));
  const names = commands.map((command) => command.name);
  return group.exitOverride((error) => {
    if (error.code !== 'commander.help') throw error;
    throw new UsageError(`which command of ${name}? ${listChoices(names)}; see chorale ${name} --help`);
  });
}
