import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { SDK_VERSION } from '../../client-sdk/src/version.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SDK = resolve(ROOT, 'client-sdk');
/** The core, minified and gzipped, without socket.io-client. */
const CORE_LIMIT_BYTES = 12 * 1024;
/** And with it: what a page really loads. */
const TOTAL_LIMIT_BYTES = 25 * 1024;
/** An empty file, gzipped. */
const NOTHING_BYTES = gzipSync('').length;

async function bundle(external: string[], page?: string): Promise<{ bytes: number; inputs: string[] }> {
  const result = await build({
    ...(page === undefined
      ? { entryPoints: [resolve(SDK, 'src/index.ts')] }
      : { stdin: { contents: page, resolveDir: ROOT }, conditions: ['aisle-source'], logLevel: 'error' as const }),
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    write: false,
    metafile: true,
  });
  const [file] = result.outputFiles;
  return { bytes: gzipSync(file?.contents ?? '').length, inputs: Object.keys(result.metafile.inputs) };
}

test('the client is under 12 KB, and brings no schema library', async () => {
  const core = await bundle(['socket.io-client']);
  const total = await bundle([]);
  const report = `@aisle/client: ${core.bytes} bytes gzipped, ${total.bytes} with socket.io-client`;
  process.stdout.write(`${report}\n`);
  expect(core.bytes, report).toBeLessThan(CORE_LIMIT_BYTES);
  expect(total.bytes, report).toBeLessThan(TOTAL_LIMIT_BYTES);
  expect(total.inputs.filter((file) => file.includes('node_modules/zod'))).toEqual([]);
  // An empty bundle would be small, too.
  expect(core.bytes).toBeGreaterThan(5_000);
  // The README says so to a tenth of a KB.
  const said = /([\d.]+) KB minified and gzipped/.exec(readFileSync(resolve(SDK, 'README.md'), 'utf8'))?.[1];
  expect(Math.abs(Number(said) * 1000 - core.bytes), report).toBeLessThan(500);
});

test('the package: version, dependencies, what it exports, no effect of importing it', async () => {
  const manifest = JSON.parse(readFileSync(resolve(SDK, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest.version).toBe(SDK_VERSION);
  // Of the whole package only the module that makes the tag known does something when it is imported; none of the core does.
  expect(manifest.sideEffects).toEqual(['./dist/picker/define.js', './src/picker/define.ts']);
  const left = async (path: string): Promise<number> => (await bundle(['socket.io-client'], `import '${path}'`)).bytes;
  expect([await left('@aisle/client'), await left('@aisle/client/picker')]).toEqual([NOTHING_BYTES, NOTHING_BYTES]);
  expect(await left('@aisle/client/picker/define')).toBeGreaterThan(20_000);
  expect(Object.keys(manifest.dependencies as object).sort()).toEqual(['preact', 'socket.io-client', 'zod']);
  expect(Object.keys(manifest.exports as object)).toEqual(
    expect.arrayContaining(['.', './protocol', './package.json']),
  );
  expect(readFileSync(resolve(SDK, 'LICENSE'), 'utf8')).toBe(readFileSync(resolve(ROOT, 'LICENSE'), 'utf8'));
});
