// npm start: makes this machine ready, then hands over to the launcher (launcher/src/main.ts), which runs everything.
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { fail, say } from './lib/console.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { ensureProgram, REDIS } from './lib/system-packages.mjs';

const HELP = `
  npm start                 everything on this machine: Redis, Postgres, two demo events, the pages
  npm start -- --crowd 200  and so many lifelike buyers (1 to 800), so that the map moves
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
const MOST_IN_CROWD = 800;

const options = readOptions();
if (options.help) {
  say(HELP);
  process.exit(0);
}

checkNodeVersion();
await ensureNpmPackages();
await buildFirst();
if ((process.env.REDIS_URL ?? '') === '') await ensureProgram(REDIS);

// In this very process: one fewer between Ctrl-C and what has to stop.
const { launch } = await import('../dist/launcher/src/launch.js');
process.exit(await launch({ env: process.env, verbose: options.verbose, crowd: options.crowd }));

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        verbose: { type: 'boolean', default: false },
        crowd: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const crowd = Number(values.crowd);
    const fits = /^\d+$/.test(values.crowd) && crowd <= MOST_IN_CROWD;
    if (!fits) fail(`--crowd ${values.crowd}: a number of buyers from 1 to ${MOST_IN_CROWD} is wanted.`);
    return { ...values, crowd };
  } catch (error) {
    return fail(`npm start: ${error.message.split('. ')[0]}.`, 'npm start -- --help lists what it knows.');
  }
}

async function buildFirst() {
  try {
    const { upToDate } = await build();
    if (!upToDate) say('• Built.');
  } catch (error) {
    fail(error.message);
  }
}
