import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataDir } from './data-dir.js';
import { endProcess, isAlive, type ProcessIdentity } from './processes.js';

const STOP_TIMEOUT_MS = 10_000;

/** A process that the launcher started, and how it is asked to end. */
export interface ProcessRecord extends ProcessIdentity {
  readonly name: string;
  readonly signal: NodeJS.Signals;
}

const recordsFile = (dataDir: DataDir): string => path.join(dataDir.run, 'processes.json');

/** Written at every change, so that the next start knows what a killed launcher left behind. */
export function writeRecords(dataDir: DataDir, records: readonly ProcessRecord[]): void {
  const file = recordsFile(dataDir);
  writeFileSync(`${file}.tmp`, JSON.stringify(records, null, 2), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

function readRecords(dataDir: DataDir): ProcessRecord[] {
  try {
    const kept: unknown = JSON.parse(readFileSync(recordsFile(dataDir), 'utf8'));
    return Array.isArray(kept) ? kept.filter(isRecord) : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is ProcessRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startedAt' in value &&
    typeof value.startedAt === 'string' &&
    'signal' in value &&
    (value.signal === 'SIGTERM' || value.signal === 'SIGINT')
  );
}

/**
 * Ends what an earlier launcher left running on this data folder, servers first. Only processes that it recorded and
 * that are still the same ones: a number that somebody else has now is left alone. Answers their names.
 */
export async function endLeftovers(dataDir: DataDir): Promise<string[]> {
  const left = readRecords(dataDir).filter(isAlive).reverse();
  for (const record of left) await endProcess(record, record.signal, STOP_TIMEOUT_MS);
  return left.map((record) => record.name);
}
