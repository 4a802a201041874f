import { existsSync } from 'node:fs';

/** The folder of this package, wherever the code of this file was bundled to. */
export const packageRoot = rootAbove(new URL('./', import.meta.url));

function rootAbove(folder: URL): URL {
  const parent = new URL('../', folder);
  return existsSync(new URL('package.json', folder)) || parent.href === folder.href ? folder : rootAbove(parent);
}
