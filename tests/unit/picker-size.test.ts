import { basename, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const ENTRY = 'client-sdk/src/picker/define.ts';
const LATER = /\/(seat-list|filters|find-results|map\/minimap|place-card|polled-source|rest)\.tsx?$/;
const CATALOGUES = /^client-sdk\/src\/picker\/messages\/(en|de)\//;
/** The SDK's own code: tests/unit/sdk-size.test.ts has a limit for it. */
const CORE = /^client-sdk\/src\/(?!picker\/)/;
/** Minified and gzipped, without socket.io-client and the SDK's core: what the element loads before it shows the map, but its words. */
const PICKER_LIMIT_BYTES = 60 * 1024;
/** The words of one language. */
const CATALOGUE_LIMIT_BYTES = 10 * 1024;

interface Chunk {
  readonly bytes: number;
  readonly inputs: readonly string[];
  /** Chunks that are loaded with it, not later. */
  readonly with: readonly string[];
}

/** Leaves the core out. */
const WITHOUT_CORE: Plugin = {
  name: 'without-core',
  setup: (bundle) => {
    bundle.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
      const file = relative(ROOT, resolve(resolveDir, path)).replaceAll('\\', '/');
      return kind !== 'entry-point' && CORE.test(file) ? { path, external: true } : undefined;
    });
  },
};

/** As scripts/lib/build.mjs bundles the picker for script tags, by path from the root. */
async function chunks(plugins: Plugin[] = []): Promise<Map<string, Chunk>> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [{ in: ENTRY, out: 'picker' }],
    outdir: 'out',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    conditions: ['aisle-source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    external: ['socket.io-client'],
    plugins,
    write: false,
    metafile: true,
  });
  return new Map(
    Object.entries(metafile.outputs).map(([name, { inputs, imports }]) => [
      name,
      {
        bytes: gzipSync(outputFiles.find(({ path }) => path.endsWith(`/${name}`))?.contents ?? '').length,
        inputs: Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
        with: imports.flatMap(({ path, kind, external }) =>
          kind === 'import-statement' && external !== true ? [path] : [],
        ),
      },
    ]),
  );
}

/** The entry and what is loaded with it. */
function atOnce(all: ReadonlyMap<string, Chunk>): Set<string> {
  const names = new Set(['out/picker.js']);
  for (const name of names) for (const other of all.get(name)?.with ?? []) names.add(other);
  return names;
}
const sumOf = (all: ReadonlyMap<string, Chunk>, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + (all.get(name)?.bytes ?? 0), 0);
const isWords = ({ inputs }: Chunk): boolean => inputs.length > 0 && inputs.every((path) => CATALOGUES.test(path));

test('what the picker loads before it shows the map is under 60 KB without its words, the core and socket.io-client', async () => {
  const own = await chunks([WITHOUT_CORE]);
  const first = atOnce(own);
  const bytes = sumOf(own, first);
  const later = [...own].filter(([name]) => !first.has(name));
  const names = later.map(([name, chunk]) => `${basename(name, '.js').replace(/-\w{8}$/, '')} ${chunk.bytes}`);
  const whole = await chunks();
  const report =
    `<aisle-seat-map>: ${bytes} bytes gzipped at once in ${first.size} files; later ${names.join(', ')}; ` +
    `all ${sumOf(own, own.keys())}, with the core ${sumOf(whole, whole.keys())}`;
  process.stdout.write(`${report}\n`);
  expect(bytes, report).toBeLessThanOrEqual(PICKER_LIMIT_BYTES);
  // An empty bundle would be small, too.
  expect(bytes, report).toBeGreaterThan(20_000);
  const words = later.filter(([, chunk]) => isWords(chunk));
  expect(words.length, report).toBe(2);
  for (const [, chunk] of words) expect(chunk.bytes, report).toBeLessThan(CATALOGUE_LIMIT_BYTES);

  // The map at once; words, lists and the way without sockets later; schemas never. The core is left out of this measure alone.
  const inputs = [...first].flatMap((name) => own.get(name)?.inputs ?? []);
  expect(inputs).toContain('client-sdk/src/picker/map/chart-view.ts');
  expect(inputs.filter((path) => CATALOGUES.test(path) || LATER.test(path))).toEqual([]);
  expect(inputs.filter((path) => CORE.test(path))).toEqual([]);
  const everything = [...whole.values()].flatMap((chunk) => chunk.inputs);
  expect(everything).toContain('client-sdk/src/client.ts');
  expect(everything.filter((path) => path.includes('node_modules/zod'))).toEqual([]);
});
