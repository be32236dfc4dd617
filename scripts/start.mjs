// npm start: makes this machine ready, then hands over to the launcher (launcher/src/main.ts), which runs everything.
import { build } from './lib/build.mjs';
import { fail, say } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { ensureProgram, REDIS } from './lib/system-packages.mjs';

const HELP = `
  npm start                 everything on this machine: Redis, Postgres, two demo events, the pages
  npm start -- --verbose    and every log line on the console, not warnings alone
  npm start -- --help       this

  Settings are environment variables; the ones people change first:

    AISLE_PORT=3001         the port to listen on (3000)
    AISLE_DATA_DIR=.aisle   where Redis, Postgres, keys and logs are kept
    AISLE_DEMO=0            no demo events
    AISLE_PROCESSES=4       server processes that share the port (1)
    AISLE_ENGINE=node       uws or node (uws where it loads)
    DATABASE_URL=postgres://…   your own Postgres instead of the private one
    REDIS_URL=redis://…         your own Redis instead of the private one

  All of them: docs/CONFIGURATION.md. Stop with Ctrl-C; what was sold stays.
`;
const OPTIONS = new Set(['--verbose', '--help', '-h']);

const options = process.argv.slice(2);
const unknown = options.find((option) => !OPTIONS.has(option));
if (unknown !== undefined) fail(`npm start does not know ${unknown}.`, 'npm start -- --help lists what it knows.');
if (options.includes('--help') || options.includes('-h')) {
  say(HELP);
  process.exit(0);
}

checkNodeVersion();
await ensureNpmPackages();
await buildFirst();
if ((process.env.REDIS_URL ?? '') === '') await ensureProgram(REDIS);

// In this very process: one fewer between Ctrl-C and what has to stop.
const { launch } = await import('../dist/launcher/src/launch.js');
process.exit(await launch({ env: process.env, verbose: options.includes('--verbose') }));

async function buildFirst() {
  try {
    const { upToDate } = await build();
    if (!upToDate) say('• Built.');
  } catch (error) {
    fail(error.message);
  }
}
