// npm run build: TypeScript to dist/ and client-sdk/dist/. --types adds the SDKs' declarations, --force builds
// everything again, --quiet says nothing when all is well.
import { build } from './lib/build.mjs';
import { elapsed, fail, say } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const options = new Set(process.argv.slice(2));

checkNodeVersion();
await ensureNpmPackages();
try {
  const { upToDate, files } = await build({ force: options.has('--force') });
  if (!options.has('--quiet')) say(upToDate ? `Up to date: ${files} files.` : `Built ${files} files in ${elapsed()}.`);
} catch (error) {
  fail(error.message);
}
if (options.has('--types')) {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  // In this order: the second reads the declarations that the first makes.
  for (const [name, project] of [
    ['@aisle/client', 'scripts/tsconfig.types.json'],
    ['@aisle/server', 'scripts/tsconfig.server-types.json'],
  ]) {
    const { code } = await run(process.execPath, [tsc, '-p', project], { cwd: root });
    if (code !== 0) fail(`The declarations of ${name} could not be made; see above.`);
    if (!options.has('--quiet')) say(`Declarations of ${name} made in ${elapsed()}.`);
  }
}
