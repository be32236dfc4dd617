import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const ENTRY = 'client-sdk/src/picker/define.ts';
const CATALOGUES = /^client-sdk\/src\/picker\/messages\/(en|de)\//;
/** Minified and gzipped, without socket.io-client: all that the element may load but its words. */
const PICKER_LIMIT_BYTES = 60 * 1024;
/** The words of one language. */
const CATALOGUE_LIMIT_BYTES = 10 * 1024;

interface Chunk {
  readonly bytes: number;
  readonly inputs: readonly string[];
  /** Chunks that are loaded with it, not later. */
  readonly with: readonly string[];
}

/** As scripts/lib/build.mjs bundles the picker for script tags, by path from the root. */
async function chunks(): Promise<Map<string, Chunk>> {
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

test('the picker is under 60 KB without its words and socket.io-client, which it loads when needed', async () => {
  const all = await chunks();
  const words = [...all].filter(([, { inputs }]) => inputs.length > 0 && inputs.every((path) => CATALOGUES.test(path)));
  const rest = [...all].filter(([name]) => !words.some(([other]) => other === name));
  const sum = rest.reduce((total, [, { bytes }]) => total + bytes, 0);
  const report =
    `<aisle-seat-map>: ${sum} bytes gzipped in ${rest.length} files; ` +
    words.map(([, { bytes, inputs }]) => `${CATALOGUES.exec(inputs[0] ?? '')?.[1] ?? '?'} ${bytes}`).join(', ');
  process.stdout.write(`${report}\n`);
  expect(sum, report).toBeLessThanOrEqual(PICKER_LIMIT_BYTES);
  // An empty bundle would be small, too.
  expect(sum, report).toBeGreaterThan(20_000);
  expect(words.length, report).toBe(2);
  for (const [, { bytes }] of words) expect(bytes, report).toBeLessThan(CATALOGUE_LIMIT_BYTES);

  // No words in what is loaded at once, no schemas anywhere.
  const atOnce = new Set(['out/picker.js']);
  for (const name of atOnce) for (const other of all.get(name)?.with ?? []) atOnce.add(other);
  const inputs = [...atOnce].flatMap((name) => all.get(name)?.inputs ?? []);
  expect(inputs).toContain('client-sdk/src/picker/map/chart-view.ts');
  expect(inputs.filter((path) => CATALOGUES.test(path))).toEqual([]);
  expect(rest.flatMap(([, chunk]) => chunk.inputs).filter((path) => path.includes('node_modules/zod'))).toEqual([]);
});
