import { CommanderError } from 'commander';
import type { Io } from './io.js';
import type { Values } from './options/option-table.js';
import { createProgram } from './program.js';
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
  const program = createProgram(async ({ run, operands, options, texts }) => {
    const { parseFlags } = await import('./options/parse-options.js');
    const flags: Values<'quiet' | 'events'> = parseFlags(options, texts, io.env);
    // stderr then contains only JSON lines.
    terminal.quiet = flags.quiet === true || flags.events === '-';
    exitCode = await run(operands, flags, terminal);
  }, output);
  try {
    await program.parseAsync(helpAsOption(args, program.commands), { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    });
    if (help !== '') await terminal.print(help);
    return exitCode;
  } catch (error) {
    const { printError } = await import('./print-error.js');
    return printError(terminal, error, args.includes('--verbose'));
  } finally {
    terminal.close();
  }
}

/** A variable that is set and empty counts as not set, as in other tools. */
function withoutEmpty(variables: Io['env']): Io['env'] {
  const isEmpty = (name: string, value = '') => /^(?:CHORALE|OLLAMA|OPENAI)_/.test(name) && value.trim() === '';
  return Object.fromEntries(Object.entries(variables).filter(([name, value]) => !isEmpty(name, value)));
}

type CommandNames = readonly { readonly name: () => string; readonly commands: CommandNames }[];

/** `help analyze` and `runs help list` as `analyze --help` and `runs list --help`; a command that is not there stays. */
function helpAsOption(args: readonly string[], commands: CommandNames): string[] {
  const group = commands.find((command) => command.name() === args[0] && command.commands.length > 0);
  const before = group ? 1 : 0;
  if (args[before] !== 'help') return [...args];
  const names = [...args.slice(0, before), ...args.slice(before + 1)];
  const isKnown = names[0] === undefined || commands.some((command) => command.name() === names[0]);
  return isKnown ? [...names, '--help'] : names;
}
