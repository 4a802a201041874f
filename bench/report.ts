import { readFile, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform } from 'node:os';

const docs = new URL('../docs/', import.meta.url);

const emptyPage = `# Benchmarks

Every section is written by the program that it names, so that anybody can repeat it. Ratios come first: they travel
better from machine to machine than times.
`;

/** Replaces the section of this name in a page of `docs`, or adds it at the end. */
export async function writeSection(name: string, markdown: string, file = 'benchmarks.md'): Promise<void> {
  const page = new URL(file, docs);
  const text = await readFile(page, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return emptyPage;
    throw error;
  });
  await writeFile(page, replaceSection(text, name, markdown));
}

/** The page with one section replaced or added. A section stands between two comments that carry its name. */
export function replaceSection(text: string, name: string, markdown: string): string {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const section = `${begin}\n\n${markdown.trim()}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) return `${text.trimEnd()}\n\n${section}\n`;
  const to = text.indexOf(end, from);
  if (to < 0) throw new Error(`docs/benchmarks.md: '${begin}' has no '${end}'`);
  return text.slice(0, from) + section + text.slice(to + end.length);
}

/** A Markdown table. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The machine and the day, as one sentence. */
export function renderMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const day = new Date().toISOString().slice(0, 10);
  return `Measured on ${day} with Node ${process.version} on ${platform()} ${arch()}, ${availableParallelism()} × ${model}.`;
}

/** A ratio that has a target. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  /** The largest value that is good enough; absent where the ratio is only told. */
  readonly target?: number;
}

export const isMissed = ({ value, target }: Ratio): boolean => target !== undefined && !(value <= target);

export function renderRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map((ratio) => {
    const target = ratio.target === undefined ? '–' : `≤ ${ratio.target}`;
    const verdict = ratio.target === undefined ? '–' : isMissed(ratio) ? '**missed**' : 'met';
    return [ratio.what, ratio.value.toFixed(3), target, verdict];
  });
  return renderTable(['what', 'ratio', 'target', ''], rows);
}
