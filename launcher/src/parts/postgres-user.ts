import { spawnSync } from 'node:child_process';
import { findProgram } from './programs.js';
import { LaunchError } from '../launch-error.js';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** How to run a Postgres program: as ourselves, or where we are root, as somebody else, because Postgres refuses root. */
export interface PostgresUser {
  /** Owner of the data folder; null: ourselves. */
  readonly owner: Account | null;
  /** A program that gives rights away and then becomes the one named after its own arguments; null: none is needed. */
  readonly wrapper: Command | null;
  readonly spawnOptions: Partial<Account>;
}

/** Accounts that may run it, in this order; the second is on every system and owns nothing. */
const ACCOUNTS = ['postgres', 'nobody'];
/**
 * A clone below /root, or data in a folder of mode 0700, is closed to other accounts. With one of these capabilities
 * the other account may look (the first) or at worst touch (the second, all that containers commonly grant) files that
 * are not its own. access() goes by capabilities only under no_setuid_fixup, and initdb asks access().
 */
const CAPABILITIES = ['dac_read_search', 'dac_override'];

/**
 * @param places files and folders that it must reach: its programs, the folder its data is in
 * @param existing whose cluster it is, where there is one already
 * Throws LaunchError.
 */
export function choosePostgresUser(places: readonly string[], existing: Account | null): PostgresUser {
  if (process.getuid?.() !== 0) return { owner: null, wrapper: null, spawnOptions: {} };
  const owner = existing ?? findAccount();
  const plain: PostgresUser = { owner, wrapper: null, spawnOptions: owner };
  const setpriv = findProgram(['setpriv']);
  const privileged =
    setpriv === null ? [] : CAPABILITIES.map((capability) => withCapability(setpriv, owner, capability));
  const usable = [plain, ...privileged].find((user) => canReach(user, places));
  if (usable === undefined) {
    throw new LaunchError(
      `Postgres does not run as root, and no other account may pass through to ${places.join(' and ')}.`,
      'Run npm start as an ordinary user, move the project out of the closed folder, or set DATABASE_URL.',
    );
  }
  return usable;
}

function findAccount(): Account {
  for (const account of ACCOUNTS) {
    const [uid, gid] = ['-u', '-g'].map((option) => {
      const { status, stdout } = spawnSync('id', [option, account], { encoding: 'utf8' });
      return status === 0 ? Number(stdout.trim()) : NaN;
    });
    if (uid !== undefined && gid !== undefined && Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  }
  throw new LaunchError(
    'Postgres does not run as root, and there is neither a postgres nor a nobody account.',
    'Run npm start as an ordinary user, or set DATABASE_URL.',
  );
}

function withCapability(setpriv: string, owner: Account, capability: string): PostgresUser {
  const only = `-all,+${capability}`;
  const args = [
    ...[`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--securebits=+no_setuid_fixup'],
    ...[`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`],
  ];
  return { owner, wrapper: { file: setpriv, args }, spawnOptions: {} };
}

function canReach(user: PostgresUser, places: readonly string[]): boolean {
  const test = places.map((_place, index) => `test -x "$${index + 1}"`).join(' && ');
  const { file, args } = commandAs(user, '/bin/sh', ['-c', test, 'sh', ...places]);
  const { status } = spawnSync(file, args, {
    ...user.spawnOptions,
    cwd: '/',
    stdio: 'ignore',
  });
  return status === 0;
}

/** The command line that runs this program as that user. */
export function commandAs(user: PostgresUser, file: string, args: readonly string[]): Command {
  return user.wrapper === null
    ? { file, args }
    : { file: user.wrapper.file, args: [...user.wrapper.args, file, ...args] };
}
