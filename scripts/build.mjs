// Bundles src into dist: one file for each entry point and thread, and chunks that they share or load when needed. Fewer
// files make the program start faster. Packages stay outside; tsc writes the declarations.
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { bin, exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const published = [...Object.values(bin), ...Object.values(exports).flatMap((entry) => entry.default ?? [])];
const others = ['dist/cli/main.js', 'dist/model/lexicon/lexicon-thread.js', 'dist/store/runs/run-store-thread.js'];
rmSync(`${root}/dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: [...published, ...others].map((file) => file.replace(/^.*\bdist\/(.*)\.js$/, 'src/$1.ts')),
  outbase: 'src',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  sourcesContent: false,
  keepNames: true,
  logLevel: 'warning',
});
