import { spawn } from 'node:child_process';

/**
 * Redis and Postgres do not notice when the launcher is killed. A shell of 1 MB does: it waits at a pipe that ends with
 * the launcher, gives the servers time to finish, and asks the part to stop. One line down the pipe sends it home.
 * Ours is the only pid it ever signals, and the launcher calls it off before that pid can belong to anyone else.
 */
const SCRIPT = 'read -r _ && exit 0; sleep "$2"; kill -s "$3" "$1" 2>/dev/null';

export interface Watchdog {
  callOff(): void;
}

/** @param graceSeconds time for the servers, which notice by themselves, to finish before their store goes. */
export function watchOver(pid: number, signal: 'TERM' | 'INT', graceSeconds: number): Watchdog {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'aisle-watchdog', String(pid), String(graceSeconds), signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group: Ctrl-C is for the launcher.
    detached: true,
    cwd: '/',
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return { callOff: () => shell.stdin.end('stop\n') };
}
