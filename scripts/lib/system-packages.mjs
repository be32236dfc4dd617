import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { fail, say, step } from './console.mjs';
import { run } from './run.mjs';

/**
 * What does not come from npm: a Redis, for the browser tests a Chromium, for one of the faults a library that turns clocks. Installed by the system's own package
 * manager where we may (apt-get as root, brew); else the one command to run is named.
 */
export const REDIS = {
  title: 'Redis',
  programs: ['redis-server', 'valkey-server'],
  apt: ['redis-server', 'valkey-server'],
  /** Its packages are services of the same name: Debian would start them. */
  isService: true,
  brew: 'redis',
  hint: 'or set REDIS_URL to a Redis 7 or Valkey that runs elsewhere',
};
export const CHROMIUM = {
  title: 'Chromium',
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  apt: ['chromium'],
  isService: false,
  brew: 'chromium',
  hint: undefined,
};
/** Turns the wall clocks of processes for one row of the fault suite: a library, not a program. */
export const FAKETIME = {
  title: 'libfaketime',
  programs: [],
  library: 'faketime/libfaketime.so.1',
  apt: ['libfaketime'],
  isService: false,
  brew: 'libfaketime',
  hint: undefined,
};
const REDIS_PORT = 6379;
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const PROBE_TIMEOUT_MS = 500;
/** Debian keeps servers in sbin, which is not in everybody's PATH; brew on Apple silicon likewise. */
const MORE_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The full path of the first of these programs, or null. */
export function findProgram(names) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...MORE_FOLDERS];
  for (const name of names) {
    for (const folder of folders) {
      if (folder !== '' && isExecutable(path.join(folder, name))) return path.join(folder, name);
    }
  }
  return null;
}

const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];

/** The full path of a library in one of the system's folders or, as Debian has it, in one for its kind of machine; or null. */
function findLibrary(name) {
  const folders = LIBRARY_FOLDERS.filter(existsSync).flatMap((folder) => [
    folder,
    ...readdirSync(folder).map((inside) => path.join(folder, inside)),
  ]);
  return folders.map((folder) => path.join(folder, name)).find(existsSync) ?? null;
}

const find = (wanted) => (wanted.library === undefined ? findProgram(wanted.programs) : findLibrary(wanted.library));

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of the wanted program, installed first where it is missing and we may.
 * Ends the script with the command to run where we may not, or where it did not work.
 */
export async function ensureProgram(wanted) {
  const found = find(wanted);
  if (found !== null) return found;
  const attempt = pickInstaller(wanted);
  if (attempt === null) fail(`${wanted.title} is not installed.`, manualCommand(wanted));
  const output = await step(`Installing ${wanted.title} with ${attempt.name}`, () => attempt.install());
  const installed = find(wanted);
  if (installed === null) {
    process.stderr.write(output);
    fail(`${wanted.title} could not be installed.`, manualCommand(wanted));
  }
  return installed;
}

function pickInstaller(wanted) {
  if (process.getuid?.() === 0 && findProgram(['apt-get']) !== null) {
    return { name: 'apt-get', install: () => aptInstall(wanted) };
  }
  if (process.platform === 'darwin' && findProgram(['brew']) !== null) {
    // brew starts no services unless it is asked to.
    return { name: 'brew', install: async () => (await run('brew', ['install', wanted.brew], { quiet: true })).output };
  }
  return null;
}

function manualCommand(wanted) {
  const name = wanted.apt[0];
  const commands = [
    ['apt-get', `sudo apt-get install -y ${name}`],
    ['dnf', `sudo dnf install -y ${wanted.brew}`],
    ['pacman', `sudo pacman -S ${wanted.brew}`],
    ['apk', `sudo apk add ${wanted.brew}`],
    ['brew', `brew install ${wanted.brew}`],
  ];
  const known = commands.find(([manager]) => findProgram([manager]) !== null);
  const command =
    known === undefined
      ? `Install ${wanted.title} (${wanted.library ?? `${wanted.programs[0]} in your PATH`})`
      : `Run: ${known[1]}`;
  return wanted.hint === undefined ? command : `${command}\n    ${wanted.hint}`;
}

async function aptInstall(wanted) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { quiet: true, env });
  let output = '';
  const tryAll = async () => {
    for (const name of wanted.apt) {
      const install = () => apt('install', '-y', '--no-install-recommends', name);
      const result = wanted.isService ? await withoutService(name, install) : await install();
      output += result.output;
      if (result.code === 0) return true;
    }
    return false;
  };
  // Fresh containers come with empty package lists; up-to-date ones need not wait for an update.
  if (!(await tryAll())) {
    output += (await apt('update')).output;
    await tryAll();
  }
  return output;
}

/**
 * Debian starts a service as soon as its package is installed, and at every boot from then on: Redis on 6379, which
 * nobody asked us for. policy-rc.d is Debian's own way to say no; what we installed we also switch off for later boots.
 * Only called where the program was not there before, so the service cannot be somebody else's.
 */
async function withoutService(name, install) {
  const listenedBefore = await isListening(REDIS_PORT);
  const allowAgain = forbidServiceStarts();
  let result;
  try {
    result = await install();
  } finally {
    allowAgain();
  }
  if (result.code !== 0) return result;
  if (existsSync('/run/systemd/system')) await run('systemctl', ['disable', '--now', name], { quiet: true });
  else await run('update-rc.d', [name, 'disable'], { quiet: true });
  if (!listenedBefore && (await isListening(REDIS_PORT))) await run('service', [name, 'stop'], { quiet: true });
  if (!listenedBefore && (await isListening(REDIS_PORT))) {
    say(`  Note: the installation of ${name} left something listening on port ${REDIS_PORT}; Aisle does not use it.`);
  }
  return result;
}

/** Answers a function that takes the prohibition away again; an interrupted installation does so too. */
function forbidServiceStarts() {
  if (existsSync(POLICY_FILE)) return () => undefined;
  writeFileSync(POLICY_FILE, '#!/bin/sh\n# Written by Aisle for the length of one installation.\nexit 101\n', {
    mode: 0o755,
  });
  const remove = () => rmSync(POLICY_FILE, { force: true });
  const interrupted = () => {
    remove();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, interrupted);
  return () => {
    remove();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, interrupted);
  };
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PROBE_TIMEOUT_MS });
    const answer = (listening) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
