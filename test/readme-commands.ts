import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

/** The commands in the README's shell blocks: those that need a server are in blocks marked `sh live`. */
export function readmeCommands(kind: 'sh' | 'sh live'): readonly string[] {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const blocks = [...readme.matchAll(/^```(sh(?: live)?)\n([\s\S]*?)^```/gm)];
  return blocks
    .filter(([, info]) => info === kind)
    .flatMap(([, , body = '']) => body.split('\n'))
    .filter((line) => line.trim() !== '');
}
