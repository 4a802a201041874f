import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From this limit of open files on, Node may load all modules at once. */
const plenty = 512;

/**
 * Loads a module and all that it imports one after the other where few files may be open at once: Node opens all files of
 * a program together, and fails then. Elsewhere nothing happens.
 */
export async function loadInOrder(module: URL): Promise<void> {
  if (openFilesLimit() >= plenty) return;
  await loadOnce(module.href, new Set());
}

/** How many files this process may open. Systems without /proc let Node raise the number as far as it wants. */
function openFilesLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Those that a module imports come first, so that to load it opens one file. */
async function loadOnce(url: string, seen: Set<string>): Promise<void> {
  if (!url.startsWith('file:') || seen.has(url)) return;
  seen.add(url);
  for (const specifier of importsOf(url)) await loadOnce(resolved(specifier, url), seen);
  // The importer of a module reports its errors.
  await import(url).catch(() => {});
}

/** What stands in import statements and calls. Modules of the other kind are loaded one after the other by themselves. */
function importsOf(url: string): readonly string[] {
  const path = fileURLToPath(url);
  if (!['.js', '.mjs'].includes(extname(path))) return [];
  const code = textOf(path).replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/\b(?:from|import\(?)\s*["']([^"'\n]+)["']/g)].map(([, specifier = '']) => specifier);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function resolved(specifier: string, from: string): string {
  try {
    return specifier.startsWith('.') ? new URL(specifier, from).href : import.meta.resolve(specifier);
  } catch {
    return '';
  }
}
