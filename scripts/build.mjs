// Bundles src into dist: one file for each entry point and thread, and chunks that they share or load when needed. Fewer
// files make the program start faster. Packages are bundled too, but for those that load files of their own; tsc writes
// the declarations.
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { bin, exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const library = Object.values(exports).flatMap((entry) => entry.default ?? []);
const program = [...Object.values(bin), 'dist/cli/main.js'];
const threads = ['dist/model/lexicon/lexicon-thread.js', 'dist/store/runs/run-store-thread.js'];
const unbundled = ['libsql', 'pino', 'undici'];
rmSync(`${root}/dist`, { recursive: true, force: true });
// Each part is bundled by itself: what parts share would be split into many small chunks.
for (const files of [library, program, ...threads.map((file) => [file])]) {
  await build({
    absWorkingDir: root,
    entryPoints: files.map((file) => file.replace(/^.*\bdist\/(.*)\.js$/, 'src/$1.ts')),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: unbundled,
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    sourcemap: true,
    sourcesContent: false,
    keepNames: true,
    logLevel: 'warning',
  });
}
