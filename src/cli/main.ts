import { readFileSync } from 'node:fs';
import { Command, CommanderError, type Option } from 'commander';
import { analyzeOptions, doctorOptions, modelOptions, modelsOptions, pullOptions, runOptions } from './option-list.js';
import { printError } from './print-error.js';
import { watchStandardStreams } from './standard-streams.js';

/**
 * Runs the command line.
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  watchStandardStreams();
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return printError(error, args.includes('--verbose'));
  }
}

/** The commands and their options. Each command's code is loaded when it runs. */
export function createProgram(onExit: (code: number) => void = () => {}): Command {
  const program = new Command('chorale')
    .description('Analyse review data sets with a local LLM, in order and in parallel.')
    .version(version(), '--version', 'prints the version')
    .helpOption('--help', 'shows this help')
    .helpCommand(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  const demo = program
    .command('demo')
    .description('the ten-section walk-through over 12 product reviews; falls back to the lexicon without Ollama')
    .helpOption('--help', 'shows this help')
    .addHelpText('after', '\nExample:\n  $ chorale demo --provider lexicon 2>events.jsonl')
    .action(async (flags) => onExit(await (await import('./commands/demo.js')).demo(flags)));
  for (const option of [...modelOptions(), ...runOptions()]) demo.addOption(option);
  const analyze = program
    .command('analyze')
    .description('sentiment of every review of a data set')
    .argument('[input...]', 'files (.csv .tsv .jsonl .ndjson .json), or - for stdin')
    .helpOption('--help', 'shows this help')
    .addHelpText('after', '\nExample:\n  $ chorale analyze reviews.csv --model llama3.2:3b --out results.csv')
    .action(async (inputs, flags) => onExit(await (await import('./commands/analyze.js')).analyze(inputs, flags)));
  for (const option of [...modelOptions(), ...runOptions(), ...analyzeOptions()]) analyze.addOption(option);
  return program;
}

/** One command, as data. What it parses are the flags that `run` takes: the options make them so. */
interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  readonly argument?: readonly [name: string, description: string];
  readonly example: string;
  readonly options: readonly Option[];
  readonly run: (operands: readonly string[], flags: object) => Promise<number>;
}

function createCommand(definition: CommandDefinition, onExit: (code: number) => void): Command {
  const { name, description, argument, example, options, run } = definition;
  const command = new Command(name)
    .copyInheritedSettings(new Command().configureOutput({ writeErr: () => {} }).exitOverride())
    .description(description)
    .helpOption('--help', 'shows this help')
    .addHelpText('after', `\nExample:\n  $ ${example}`);
  if (argument) command.argument(...argument);
  for (const option of options) command.addOption(option);
  return command.action(async (...given) => {
    const operands = argument ? given[0] : [];
    onExit(await run(operands, command.opts()));
  });
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
}
