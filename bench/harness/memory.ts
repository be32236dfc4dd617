import { readdirSync, readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { Inspector } from './inspector.js';
import { median } from './stats.js';

const KIB = 1024;

/** Resident memory of a process, bytes; 0 where it is gone. */
export function rssBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * KIB;
  } catch {
    return 0;
  }
}

/** Descriptors that a process has open: a leak of sockets or files shows here first. */
export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

export interface MemorySample {
  readonly atMs: number;
  /** "server-1 rss" → bytes */
  readonly bytes: Readonly<Record<string, number>>;
}

export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly inspectPort?: number | undefined;
}

/** Takes memory of processes and of Redis at intervals. */
export class MemoryWatch {
  readonly samples: MemorySample[] = [];
  readonly #inspectors = new Map<string, Inspector>();
  readonly #startedAt = performance.now();

  constructor(
    private readonly processes: readonly Watched[],
    private readonly redis: Redis,
  ) {}

  async open(): Promise<void> {
    for (const { name, inspectPort } of this.processes)
      if (inspectPort !== undefined) this.#inspectors.set(name, await Inspector.open(inspectPort));
  }

  /** What costs nothing to ask. */
  async sample(): Promise<void> {
    const bytes: Record<string, number> = {};
    for (const { name, pid } of this.processes) {
      bytes[`${name} rss`] = rssBytes(pid);
      bytes[`${name} open files`] = openFiles(pid);
    }
    const info = await this.redis.info('memory');
    bytes['redis used'] = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
    this.#put(bytes);
  }

  /** The heap that is left after a collection: stops each of the processes for some 50 ms. */
  async collect(): Promise<void> {
    const bytes: Record<string, number> = {};
    for (const [name, inspector] of this.#inspectors) {
      const { heapBytes, externalBytes } = await inspector.memory();
      bytes[`${name} heap`] = heapBytes;
      bytes[`${name} external`] = externalBytes;
    }
    this.#put(bytes);
  }

  async heapSnapshot(name: string, onChunk: (chunk: string) => void): Promise<void> {
    await this.#inspectors.get(name)?.heapSnapshot(onChunk);
  }

  close(): void {
    for (const inspector of this.#inspectors.values()) inspector.close();
  }

  /** Median of a meter between two times since the start. NaN: nothing was seen. */
  between(meter: string, fromMs: number, toMs: number): number {
    const seen = this.samples.flatMap(({ atMs, bytes }) => {
      const value = bytes[meter];
      return value !== undefined && atMs >= fromMs && atMs <= toMs ? [value] : [];
    });
    return seen.length === 0 ? NaN : median(seen);
  }

  get meters(): string[] {
    return [...new Set(this.samples.flatMap(({ bytes }) => Object.keys(bytes)))];
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #put(bytes: Record<string, number>): void {
    this.samples.push({ atMs: this.elapsedMs, bytes });
  }
}

/** What Redis keeps for good and what it only remembers for a time, by kind of key. */
export interface KeyKind {
  readonly kind: string;
  readonly keys: number;
  readonly bytes: number;
  /** Those without a time to live. */
  readonly staying: number;
  /** The longest time that any of the others has left; null: there are none. */
  readonly leftSeconds: number | null;
}

const SCAN_COUNT = 1000;
/** Of each kind this many are weighed, the others are taken to be like them. */
const WEIGHED = 300;

/** Walks the whole key space: some seconds for a million keys. */
export async function keyKinds(redis: Redis): Promise<KeyKind[]> {
  const kinds = new Map<string, { keys: number; staying: number; weighed: number; bytes: number; left: number }>();
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'COUNT', SCAN_COUNT);
    cursor = next;
    const pipeline = redis.pipeline();
    for (const name of names) pipeline.ttl(name).memory('USAGE', name, 'SAMPLES', 5);
    const replies = (await pipeline.exec()) ?? [];
    names.forEach((name, i) => {
      const kind = name.startsWith('{') ? 'queues' : (name.split(':', 1)[0] ?? name);
      const seen = kinds.get(kind) ?? { keys: 0, staying: 0, weighed: 0, bytes: 0, left: -1 };
      seen.keys++;
      const left = Number(replies[2 * i]?.[1] ?? -1);
      if (left === -1) seen.staying++;
      seen.left = Math.max(seen.left, left);
      if (seen.weighed < WEIGHED) {
        seen.weighed++;
        seen.bytes += Number(replies[2 * i + 1]?.[1] ?? 0);
      }
      kinds.set(kind, seen);
    });
  } while (cursor !== '0');
  return [...kinds]
    .map(([kind, { keys, staying, weighed, bytes, left }]) => ({
      ...{ kind, keys, staying, bytes: Math.round((bytes / weighed) * keys) },
      leftSeconds: left < 0 ? null : left,
    }))
    .sort((a, b) => b.bytes - a.bytes);
}
