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
 *   web                                         → dist/web: html, css, images as they are; web/src/<page>.ts bundled to
 *                                                 dist/web/assets/<page>.js
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
  const transpiled = { bundle: false, sourcesContent: false };
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
      bundle: true,
      minify: true,
      entryPoints: found.web.filter(isPageEntry),
      outbase: `${WEB_FOLDER}/src`,
      outdir: 'dist/web/assets',
      platform: 'browser',
      target: BROWSER_TARGET,
      // The pages are built from the SDK's source: no order between the two builds.
      conditions: ['aisle-source'],
      define: { 'process.env.NODE_ENV': '"production"' },
    }),
  ]);
  return groups.flat();
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
