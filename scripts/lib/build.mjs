import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot, root } from './paths.mjs';

/**
 * The build: one JavaScript file for each TypeScript file; nothing is bundled but the pages.
 *
 *   server/src, worker/src, launcher/src, sandbox/src, cli/src, crowd/src, bench → dist/<same path>, and the .lua, .sql and .json files beside them
 *   sql, package.json                           → dist/<same path>, so that relative URLs hold in dist as in source
 *   client-sdk/src, server-sdk/src              → client-sdk/dist, server-sdk/dist, as ES modules
 *   web                                         → dist/web: html, css, images as they are; web/src/<page>.ts(x) bundled to
 *                                                 dist/web/assets/<page>.js, what they share and what they load later beside them
 *   client-sdk/src/picker/define.ts             → dist/web/picker/<version>/aisle-seat-map.js, bundled, for script tags; and what to
 *                                                 write into such a tag, dist/web/picker/latest.json
 *
 * Files are replaced one by one, and only when they change: a server that runs from dist never finds one missing.
 */
const NODE_FOLDERS = ['server/src', 'worker/src', 'launcher/src', 'sandbox/src', 'cli/src', 'crowd/src', 'bench'];
const SDK_FOLDER = 'client-sdk/src';
const SERVER_SDK_FOLDER = 'server-sdk/src';
const WEB_FOLDER = 'web';
const COPIED = ['sql', 'package.json'];
const NODE_TARGET = 'node20.19';
/** What the pages and the SDK are compiled to: every browser of the last three years reads it. */
const BROWSER_TARGET = 'es2022';
/** For pages that embed the picker by a script tag. */
const PICKER = { entry: 'client-sdk/src/picker/define.ts', name: 'aisle-seat-map', folder: 'dist/web/picker' };
const STAMP = 'dist/.build.json';

const isSource = (file) => /\.tsx?$/.test(file) && !/\.(d|test)\.ts$/.test(file);
const isData = (file) => /\.(lua|sql|json)$/.test(file) && !/(^|\/)tsconfig[^/]*\.json$/.test(file);
const isPageFile = (file) =>
  !file.startsWith(`${WEB_FOLDER}/src/`) &&
  /\.(html|css|svg|png|ico|webp|woff2|txt|json|webmanifest)$/.test(file) &&
  !/tsconfig/.test(file);
const isPageEntry = (file) => path.posix.dirname(file) === `${WEB_FOLDER}/src` && isSource(file);

/** Every file below a folder (or the file itself), as paths from the root with forward slashes, sorted. */
function filesBelow(place) {
  const full = inRoot(place);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [place];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .sort();
}

function fingerprint(files) {
  const hash = createHash('sha256');
  const own = ['scripts/lib/build.mjs', 'package-lock.json'];
  for (const file of [...files, ...own]) {
    const { size, mtimeMs } = statSync(inRoot(file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(inRoot(STAMP), 'utf8'));
  } catch {
    return { fingerprint: '', outputs: [] };
  }
}

/** Writes by rename, so that a reader sees the old file or the new one, and several builds at once do no harm. */
function writeIfChanged(file, contents) {
  const target = inRoot(file);
  if (existsSync(target) && readFileSync(target).equals(Buffer.from(contents))) return;
  mkdirSync(path.dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, target);
}

/** Compiles with esbuild and answers [path from the root, contents] of what came out. */
async function compile(esbuild, options) {
  if (options.entryPoints.length === 0) return [];
  const result = await esbuild.build({
    absWorkingDir: root,
    format: 'esm',
    sourcemap: 'linked',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
    ...options,
  });
  return result.outputFiles.map((file) => [path.relative(root, file.path).split(path.sep).join('/'), file.contents]);
}

async function compileAll(esbuild, found) {
  const transpiled = { bundle: false, sourcesContent: false, jsx: 'automatic', jsxImportSource: 'preact' };
  const groups = await Promise.all([
    compile(esbuild, {
      ...transpiled,
      entryPoints: found.node.filter(isSource),
      outbase: '.',
      outdir: 'dist',
      platform: 'node',
      target: NODE_TARGET,
    }),
    compile(esbuild, {
      ...transpiled,
      entryPoints: found.sdk.filter(isSource),
      outbase: SDK_FOLDER,
      outdir: 'client-sdk/dist',
      platform: 'neutral',
      target: BROWSER_TARGET,
    }),
    compile(esbuild, {
      ...transpiled,
      entryPoints: found.serverSdk.filter(isSource),
      outbase: SERVER_SDK_FOLDER,
      outdir: 'server-sdk/dist',
      platform: 'node',
      target: NODE_TARGET,
    }),
    compile(esbuild, {
      ...BUNDLED,
      entryPoints: found.web.filter(isPageEntry),
      outbase: `${WEB_FOLDER}/src`,
      outdir: 'dist/web/assets',
    }),
    compilePicker(esbuild),
  ]);
  return groups.flat();
}

/** What a browser loads as it is. What is loaded later goes by its hash, so that it may be kept for ever. */
const BUNDLED = {
  bundle: true,
  minify: true,
  splitting: true,
  chunkNames: '[name]-[hash]',
  platform: 'browser',
  target: BROWSER_TARGET,
  // Built from the SDK's source: no order between the two builds.
  conditions: ['aisle-source'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
};

const integrity = (contents) => `sha384-${createHash('sha384').update(contents).digest('base64')}`;

/**
 * The picker for script tags. The version in its address is the package's and a piece of the script's hash: what an address once
 * gave it gives for ever, between releases too.
 */
async function compilePicker(esbuild) {
  const { version } = JSON.parse(readFileSync(inRoot('client-sdk/package.json'), 'utf8'));
  const outdir = `${PICKER.folder}/build`;
  const files = await compile(esbuild, {
    ...BUNDLED,
    sourcemap: false,
    entryPoints: [{ in: PICKER.entry, out: PICKER.name }],
    outdir,
    legalComments: 'none',
  });
  const script = `${PICKER.name}.js`;
  const [, contents] = files.find(([file]) => file === `${outdir}/${script}`);
  const address = `${version}-${createHash('sha256').update(contents).digest('hex').slice(0, 8)}`;
  const later = files.filter(([file]) => !file.endsWith(`/${script}`));
  const latest = {
    version: address,
    url: `/picker/${address}/${script}`,
    integrity: integrity(contents),
    chunks: Object.fromEntries(
      later.map(([file, body]) => [`/picker/${address}/${path.posix.basename(file)}`, integrity(body)]),
    ),
  };
  return [
    ...files.map(([file, body]) => [file.replace(outdir, `${PICKER.folder}/${address}`), body]),
    [`${PICKER.folder}/latest.json`, JSON.stringify(latest, null, 2)],
  ];
}

function copies(found) {
  const copied = [...found.node.filter(isData), ...found.web.filter(isPageFile), ...found.copied];
  return copied.map((file) => [`dist/${file}`, readFileSync(inRoot(file))]);
}

/**
 * Builds what has changed. Rejects with esbuild's own messages, ready to be printed, when a file cannot be compiled.
 *
 * @returns {Promise<{upToDate: boolean, files: number}>}
 */
export async function build({ force = false } = {}) {
  const found = {
    node: NODE_FOLDERS.flatMap(filesBelow),
    sdk: filesBelow(SDK_FOLDER),
    serverSdk: filesBelow(SERVER_SDK_FOLDER),
    web: filesBelow(WEB_FOLDER),
    copied: COPIED.flatMap(filesBelow),
  };
  const print = fingerprint([...found.node, ...found.sdk, ...found.serverSdk, ...found.web, ...found.copied]);
  const before = readStamp();
  if (!force && before.fingerprint === print && before.outputs.every((file) => existsSync(inRoot(file)))) {
    return { upToDate: true, files: before.outputs.length };
  }
  const esbuild = await import('esbuild');
  const outputs = await compileAll(esbuild, found).catch(async (error) => {
    if (!Array.isArray(error.errors)) throw error;
    const messages = await esbuild.formatMessages(error.errors, { kind: 'error', color: process.stdout.isTTY });
    throw new Error(`The build failed:\n${messages.join('\n')}`);
  });
  outputs.push(...copies(found));
  for (const [file, contents] of outputs) writeIfChanged(file, contents);
  const names = outputs.map(([file]) => file);
  const kept = new Set(names);
  for (const file of before.outputs) if (!kept.has(file)) rmSync(inRoot(file), { force: true });
  writeIfChanged(STAMP, JSON.stringify({ fingerprint: print, outputs: names }));
  // Else esbuild's helper process keeps this one from ending.
  await esbuild.stop();
  return { upToDate: false, files: names.length };
}
