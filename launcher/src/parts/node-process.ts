import { spawn, type ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { answerForAll } from '../../../server/src/platform/cluster-metrics.js';
import { STOP_OUTSIDE_MS } from '../../../server/src/platform/stop-limits.js';
import { followOutput, lastLines, openLog, type ConsoleLevel } from '../logs.js';
import type { Environment } from '../settings.js';
import type { PartSpec } from '../supervisor.js';

const lifeline = new URL('./lifeline.js', import.meta.url).href;
/** dist/, seen from dist/launcher/src/parts. */
const fromDist = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

export interface NodeProcess {
  readonly name: string;
  /** Path below dist/. */
  readonly main: string;
  readonly env: Environment;
  readonly logDir: string;
  readonly consoleLevel: ConsoleLevel;
  /** Several servers share one port: by the kernel with uWebSockets.js, through node:cluster on the Node engine. */
  readonly sharesPort?: boolean;
  /** How long it takes to send its sockets elsewhere when it is asked to stop. Default 0. */
  readonly drainMs?: number;
  ready(ended: AbortSignal): Promise<void>;
}

/** A server or worker: its JSON log goes to logs/<name>.log, its warnings to the console. */
export function nodePart(options: NodeProcess): PartSpec {
  let logFile = '';
  return {
    name: options.name,
    spawn: (): ChildProcess => {
      const log = openLog(options.logDir, options.name);
      logFile = log.file;
      const child = options.sharesPort === true ? forkSharing(options) : spawnAlone(options);
      void followOutput(options.name, [child.stdout, child.stderr], log.fd, options.consoleLevel);
      return child;
    },
    ready: (ended) => options.ready(ended),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: (options.drainMs ?? 0) + STOP_OUTSIDE_MS,
    explain: () => lastLines(logFile, 3).join('\n'),
  };
}

/**
 * A young generation of 64 MiB: what a command leaves behind then dies young. Ten rounds in turns: 108 → 88 µs of server CPU a
 * hold, for some tens of MiB.
 */
const YOUNG_GENERATION = '--max-semi-space-size=64';
const nodeOptions = ['--enable-source-maps', YOUNG_GENERATION, '--import', lifeline];

function spawnAlone(options: NodeProcess): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, fromDist(options.main)], {
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
}

let answering = false;

function forkSharing(options: NodeProcess): ChildProcess {
  if (!answering) answerForAll();
  answering = true;
  cluster.setupPrimary({
    exec: fromDist(options.main),
    execArgv: nodeOptions,
    args: [],
    silent: true,
  });
  return cluster.fork({ ...options.env }).process;
}
