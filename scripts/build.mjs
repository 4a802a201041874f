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
const unbundled = ['libsql', 'pino'];

/** Of undici the connections only: its index loads `fetch`, WebSockets, caches and mocks, too. */
const slimUndici = {
  name: 'slim-undici',
  setup({ onResolve, onLoad }) {
    const files = { Agent: 'agent', EnvHttpProxyAgent: 'env-http-proxy-agent', Pool: 'pool' };
    const exported = Object.entries(files).map(
      ([name, file]) => `export { default as ${name} } from 'undici/lib/dispatcher/${file}.js';`,
    );
    onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'slim' }));
    // Loaded for bodies that are no text only.
    const unused = { path: 'undici/lib/web/fetch/body.js', external: true };
    onResolve({ filter: /\/web\/fetch\/body\.js$/ }, () => unused);
    onLoad({ filter: /.*/, namespace: 'slim' }, () => ({ contents: exported.join('\n'), resolveDir: root }));
  },
};

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
    plugins: [slimUndici],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
}
