import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const LIBRARY = 'faketime/libfaketime.so.1';
const FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
/** How soon a process has noticed that its clock was turned: it looks once a second. */
export const NOTICED_MS = 1200;

/** Where the system's package put it; throws with what to do where it is missing. */
export function faketimeLibrary(): string {
  const candidates = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) => [
    path.join(folder, LIBRARY),
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(folder, name, LIBRARY)),
  ]);
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined)
    throw new Error('libfaketime is not installed: npm run test:faults -- --rows 22, or apt-get install libfaketime');
  return found;
}

/** Wall clocks of processes, turned while they run. Their monotonic clocks and everybody else's go on as they are. */
export class Clocks {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'aisle-clocks-'));
  readonly #library = faketimeLibrary();
  readonly #offsetsS = new Map<string, number>();

  /** What a process must be started with to live by the clock of that name. */
  env(name: string): Record<string, string> {
    this.turn(name, this.offsetS(name));
    return {
      // libc first among those that give malloc: redis-server's jemalloc asks for the time before libfaketime is up.
      LD_PRELOAD: `${this.#library}:libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  offsetS(name: string): number {
    return this.#offsetsS.get(name) ?? 0;
  }

  /** Seconds ahead of the true time; below 0: behind. */
  turn(name: string, offsetS: number): void {
    this.#offsetsS.set(name, offsetS);
    writeFileSync(this.#file(name), `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return path.join(this.#folder, name.replaceAll(/\W/g, '-'));
  }
}
