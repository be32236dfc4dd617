import { secretFile, type DataDir } from './data-dir.js';

export interface Running {
  readonly url: string;
  readonly adminKey: string;
  /** null: the key came from the environment, not from a file. */
  readonly adminKeyFile: string | null;
  readonly logs: string;
}

export function welcomeBanner(running: Running, seconds: number): string {
  const key = running.adminKeyFile === null ? 'AISLE_ADMIN_KEY, from your environment' : running.adminKeyFile;
  return [
    '',
    `  Aisle is open after ${seconds.toFixed(1)} s:  ${running.url}/`,
    '',
    `    API and docs   ${running.url}/docs`,
    `    Box office     ${running.url}/box-office`,
    `    Admin          ${running.url}/admin`,
    `    Admin key      ${key}   (signs in to both)`,
    `    Logs           ${running.logs}`,
    '    Stop           Ctrl-C (what was sold stays)',
    '',
  ].join('\n');
}

export const stoppedBanner = (dataDir: DataDir): string =>
  `• Stopped. Everything is kept in ${dataDir.path}; npm start carries on from there.`;

export const adminKeyFile = (dataDir: DataDir): string => secretFile(dataDir, 'admin-key');
