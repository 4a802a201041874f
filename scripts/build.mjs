// Bundles src into dist: one file for each entry point and thread, and chunks that they share or load when needed. Fewer
// files make the program start faster. Packages are bundled too, but for those that load files of their own; tsc writes
// the declarations.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** What packages do when they are loaded, and chorale needs seldom or never. */
const lazyPackages = {
  name: 'lazy-packages',
  setup({ onResolve, onLoad }) {
    // Its segmenter and its sets of characters take longer than to load a command: they are made for the first text that needs them.
    onLoad({ filter: /\/string-width\/index\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      const begin = 'export default function stringWidth(';
      if (!code.includes(begin)) return undefined;
      const imports = code.match(/^import .*;$/gm) ?? [];
      const body = code.replace(/^import .*;$/gm, '').replace(begin, 'return function stringWidth(');
      const call = 'export default (...given) => (made ??= make())(...given);';
      return { contents: `${imports.join('')} let made; const make = () => {${body}}; ${call}` };
    });
    // Handlebars goes without: it is for templates with source maps.
    onResolve({ filter: /^source-map$/ }, () => nothing);
    // Of HTTP/2, which no connection speaks.
    onResolve({ filter: /\/client-h2\.js$/ }, () => nothing);
    const nothing = { path: 'nothing', namespace: 'nothing' };
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Paths of the files that were bundled, from the root. */
const bundled = new Set();

rmSync(`${root}/dist`, { recursive: true, force: true });
// Each part is bundled by itself: what parts share would be split into many small chunks.
for (const files of [library, program, ...threads.map((file) => [file])]) {
  const { metafile } = await build({
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
    plugins: [slimUndici, lazyPackages],
    // Less to read and to parse. Names stay, and lines of a length that a stack trace can point into.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.inputs)) bundled.add(file);
}

/** The licences of the bundled packages ask for their texts to go with them. */
const packages = [...bundled].flatMap((file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
const notices = [...new Set(packages)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'));
  const file = readdirSync(`${root}/${folder}`).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n\n${readFileSync(`${root}/${folder}/${file}`, 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
});
writeFileSync(`${root}/dist/THIRD-PARTY-LICENSES.txt`, `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
