import type { ChildProcess } from 'node:child_process';
import { endProcess, identify, pause, type ProcessIdentity } from './processes.js';
import { watchOver, type Watchdog } from './watchdog.js';

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
/** Having run this long, a part counts as sound again and the backoff begins anew. */
const SOUND_AFTER_MS = 60_000;

/** How to run one part and how to end it. */
export interface PartSpec {
  readonly name: string;
  /** Starts the process, in a group of its own (`detached`), so that Ctrl-C reaches the launcher alone. */
  spawn(): ChildProcess;
  /** Resolves once it serves; rejects where it cannot. Called after every start. */
  ready(ended: AbortSignal): Promise<void>;
  readonly stopSignal: NodeJS.Signals;
  readonly stopTimeoutMs: number;
  /** Only for parts that do not notice by themselves that the launcher is gone. */
  readonly watchdog?: { readonly signal: 'TERM' | 'INT'; readonly graceSeconds: number };
  /** Why it fell, for the message; a line or two. */
  explain(): string;
}

export interface PartEvents {
  /** The processes that run now have changed. */
  changed(): void;
  /** A line for the person at the console. */
  say(line: string): void;
}

/** One part, kept running until it is stopped. */
export class Supervised {
  #identity: ProcessIdentity | null = null;
  #watchdog: Watchdog | null = null;
  #gone: Promise<void> = Promise.resolve();
  #stopping = false;
  #backoffMs = BACKOFF_FIRST_MS;

  constructor(
    readonly spec: PartSpec,
    private readonly events: PartEvents,
  ) {}

  get identity(): ProcessIdentity | null {
    return this.#identity;
  }

  /** Resolves when it serves. Rejects, with the part's own words, when it ends or gives up before that. */
  async start(): Promise<void> {
    const child = this.spec.spawn();
    const ended = new AbortController();
    const startedAt = Date.now();
    this.#adopt(child);
    let serving = false;
    let tellGone: () => void = () => undefined;
    this.#gone = new Promise((resolve) => (tellGone = resolve));
    child.once('error', (error) => {
      ended.abort(error);
      tellGone();
    });
    child.once('exit', (code, signal) => {
      this.#dismiss();
      tellGone();
      ended.abort(
        new Error(`${this.spec.name} ended (${signal ?? `exit code ${String(code)}`})${this.#explanation()}`),
      );
      if (serving) void this.#restart(startedAt, signal ?? `exit code ${String(code)}`);
    });
    try {
      await Promise.race([this.spec.ready(ended.signal), rejectWhenAborted(ended.signal)]);
      serving = true;
    } catch (error) {
      await this.#end(this.spec.stopSignal);
      throw error;
    }
  }

  /** Ends it for good, by its own signal unless told otherwise; resolves when it is gone. */
  async stop(signal = this.spec.stopSignal): Promise<void> {
    this.#stopping = true;
    await this.#end(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const identity = this.#identity;
    // First: its pid must not be signalled by anybody once it is free.
    this.#watchdog?.callOff();
    this.#watchdog = null;
    if (identity === null) return;
    await endProcess(identity, signal, this.spec.stopTimeoutMs);
    // Node is told of the end a moment after it: what is recorded as running must be right when we return.
    await this.#gone;
  }

  #adopt(child: ChildProcess): void {
    if (child.pid === undefined) return;
    this.#identity = identify(child.pid);
    const dog = this.spec.watchdog;
    if (dog !== undefined) this.#watchdog = watchOver(child.pid, dog.signal, dog.graceSeconds);
    this.events.changed();
  }

  #dismiss(): void {
    this.#watchdog?.callOff();
    this.#watchdog = null;
    this.#identity = null;
    this.events.changed();
  }

  #explanation(): string {
    const words = this.spec.explain();
    return words === '' ? '' : `:\n${words}`;
  }

  async #restart(startedAt: number, how: string): Promise<void> {
    if (Date.now() - startedAt > SOUND_AFTER_MS) this.#backoffMs = BACKOFF_FIRST_MS;
    while (!this.#stopping) {
      this.events.say(`${this.spec.name} ended (${how}); starting it again in ${this.#backoffMs / 1000} s.`);
      await pause(this.#backoffMs);
      this.#backoffMs = Math.min(BACKOFF_MAX_MS, this.#backoffMs * 2);
      if (this.isStopping()) return;
      try {
        await this.start();
        this.events.say(`${this.spec.name} is back.`);
        return;
      } catch (error) {
        how = error instanceof Error ? error.message : String(error);
      }
    }
  }

  /** A method, because the flag changes while `#restart` waits. */
  private isStopping(): boolean {
    return this.#stopping;
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const refuse = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}
