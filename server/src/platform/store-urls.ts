import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface StoreUrls {
  readonly redisUrl: string;
  readonly databaseUrl: string;
}

const file = (runFolder: string): string => path.join(runFolder, 'stores.json');

/** For the command line beside a running `npm start`: where its Redis and Postgres are. Passwords are in it, hence 0600. */
export function writeUrls(runFolder: string, urls: StoreUrls): void {
  writeFileSync(file(runFolder), JSON.stringify(urls), { mode: 0o600 });
}

/** null: nothing was started there. */
export function readUrls(runFolder: string): StoreUrls | null {
  try {
    const kept: unknown = JSON.parse(readFileSync(file(runFolder), 'utf8'));
    if (typeof kept !== 'object' || kept === null || !('redisUrl' in kept) || !('databaseUrl' in kept)) return null;
    return { redisUrl: String(kept.redisUrl), databaseUrl: String(kept.databaseUrl) };
  } catch {
    return null;
  }
}
