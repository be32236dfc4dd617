import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadUws } from '../../../server/src/gateway/engines/load-uws.js';
import { isLoopback, type Config } from '../../../server/src/platform/config.js';
import { fault, reasonOf, warning, well, type Finding } from './finding.js';

const MIN_ADMIN_KEY = 24;
/** Fewer different letters than this are no random text. */
const MIN_LETTERS = 10;
const OTHERS = 0o077;
const PRIVATE_FOLDERS: ReadonlySet<string> = new Set(['redis', 'postgres', 'logs', 'run', 'backups']);

/** This machine and its settings, without any store. */
export async function machineFindings(config: Config): Promise<Finding[]> {
  return [
    nodeVersion(),
    await engine(config),
    ...secrets(config),
    payments(config),
    dataFolder(path.resolve(config.AISLE_DATA_DIR)),
    ...(config.AISLE_FAILPOINTS === undefined
      ? []
      : [warning('failpoints', 'AISLE_FAILPOINTS is set: parts fail on purpose', 'Unset it; it is for tests alone.')]),
  ];
}

function nodeVersion(): Finding {
  const manifest: unknown = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
  );
  const engines = typeof manifest === 'object' && manifest !== null && 'engines' in manifest ? manifest.engines : null;
  const wanted = typeof engines === 'object' && engines !== null && 'node' in engines ? String(engines.node) : '';
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(wanted) ?? []).slice(1).map(Number);
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  const enough = haveMajor > major || (haveMajor === major && haveMinor >= minor);
  return enough
    ? well('node', `Node ${process.versions.node}`)
    : fault('node', `Node ${process.versions.node}; Aisle needs ${wanted}`, 'Install a newer Node.');
}

async function engine({ AISLE_ENGINE: asked }: Config): Promise<Finding> {
  const loaded = await loadUws();
  if (asked === 'node')
    return warning(
      'engine',
      'AISLE_ENGINE=node: about 2.5 times the CPU for each frame',
      'Unset it where uWebSockets.js loads.',
    );
  if (loaded.ok) return well('engine', 'uWebSockets.js loads on this Node');
  return warning(
    'engine',
    `uWebSockets.js does not load on Node ${process.versions.node}: ${loaded.reason}`,
    'The servers run on Node’s own sockets, at 2.5 times the CPU for each frame; a Node that it has a binary for is faster.',
  );
}

const isWeak = (secret: string): boolean => new Set(secret).size < MIN_LETTERS;

/** What the configuration itself refuses (no admin key off loopback, short secrets) does not come this far. */
function secrets(config: Config): Finding[] {
  const open = !isLoopback(config.AISLE_HOST);
  const { AISLE_ADMIN_KEY: key, AISLE_AUTH_SECRET: secret, AISLE_AUTH_JWKS_URL: jwks } = config;
  const make = 'Make one: openssl rand -hex 32';
  const judge = (check: string, name: string, value: string): Finding => {
    const short = value.length < MIN_ADMIN_KEY;
    if (!short && !isWeak(value)) return well(check, `${name} is set`);
    const text = `${name} is ${short ? `shorter than ${MIN_ADMIN_KEY} characters` : 'no random text'}`;
    return open ? fault(check, text, make) : warning(check, text, make);
  };
  const unset = (check: string, name: string): Finding =>
    well(check, `${name} is not set; on ${config.AISLE_HOST} \`npm start\` makes one and keeps it in the data folder`);
  return [
    key === undefined ? unset('admin-key', 'AISLE_ADMIN_KEY') : judge('admin-key', 'AISLE_ADMIN_KEY', key),
    secret === undefined
      ? jwks === undefined
        ? unset('auth-secret', 'AISLE_AUTH_SECRET')
        : well('auth-secret', 'tokens are checked by AISLE_AUTH_JWKS_URL')
      : judge('auth-secret', 'AISLE_AUTH_SECRET', secret),
    ...(config.AISLE_AUTH_SECRET_PREVIOUS === undefined
      ? []
      : [
          warning(
            'auth-secret-previous',
            'AISLE_AUTH_SECRET_PREVIOUS is still taken',
            'Unset it once all tokens of the old secret are over.',
          ),
        ]),
  ];
}

function payments(config: Config): Finding {
  const check = 'payments';
  switch (config.AISLE_PAYMENT_PROVIDER) {
    case 'none':
      return well(check, 'the shop takes the money (AISLE_PAYMENT_PROVIDER=none)');
    case 'sandbox':
      return warning(
        check,
        'AISLE_PAYMENT_PROVIDER=sandbox sells for play money',
        'Fine for a trial; never for a sale.',
      );
    case 'stripe': {
      // sk_test_…, rk_test_…: all of Stripe's keys say which they are.
      if (config.AISLE_STRIPE_SECRET_KEY?.includes('_test_') === true)
        return warning(
          check,
          'the Stripe key is one for tests: no money moves',
          'Set the live key, and the webhook secret that goes with it.',
        );
      return config.AISLE_STRIPE_API_URL === undefined
        ? well(check, 'Stripe, a live key and a webhook secret are set')
        : warning(check, 'AISLE_STRIPE_API_URL points at a stand-in for Stripe', 'Unset it for a sale.');
    }
  }
}

/** Secrets are files of the folder itself; stores and logs are folders in it. The folder may be passed through, for Postgres's sake. */
function dataFolder(folder: string): Finding {
  const check = 'data-folder';
  const open: string[] = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile() && !PRIVATE_FOLDERS.has(entry.name)) continue;
      if ((statSync(path.join(folder, entry.name)).mode & OTHERS) !== 0) open.push(entry.name);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return well(check, `${folder} is not there: nothing is kept on this machine`);
    return warning(
      check,
      `${folder} cannot be looked at: ${reasonOf(error)}`,
      'Run this as the user that Aisle runs as.',
    );
  }
  if (open.length === 0) return well(check, `${folder}: what is secret is for its owner alone`);
  const files = open.map((name) => path.join(folder, name)).join(' ');
  return fault(check, `others on this machine may read ${open.join(', ')} in ${folder}`, `chmod go= ${files}`);
}
