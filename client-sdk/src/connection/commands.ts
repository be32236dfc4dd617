import type { UpName, UpPayload, UpResults } from '../protocol/up/up.js';
import { AisleError } from '../protocol/errors.js';
import { isRecord, readWireError, unavailable } from '../errors.js';
import { MAX_COMMAND_MS, type Timeouts } from '../options.js';
import { newRequestId } from '../request-id.js';
import { monotonicMs, sleep } from '../time.js';
import { backoffMs } from './backoff.js';
import type { Connection } from './connection.js';
import type { Pace, Turn } from './pace.js';
import type { Outcome } from './socket.js';

/** First wait after a retryable refusal, when the server names none; doubles up to the second. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

export type CommandName = Exclude<UpName, 'subscribe' | 'unsubscribe' | 'authenticate'>;
export interface CommandOptions {
  /** How long to try in all, in ms; default timeouts.commandMs, at most 300,000. */
  timeoutMs?: number;
}
export interface Answered<N extends CommandName> {
  readonly value: UpResults[N];
  /** Monotonic time at which the request that was answered left. */
  readonly sentAtMs: number;
}

/**
 * Sends one command until it is answered. The same request id goes with every attempt, so that the server carries it
 * out once (SPEC S7, I6). Sent again: after a lost connection, after an ack that stayed away, after an error that says
 * `retryable`; all else rejects at once. Gives up after `timeoutMs`, well below the server's memory of request ids.
 */
export async function runCommand<N extends CommandName>(
  connection: Connection,
  timeouts: Timeouts,
  name: N,
  payload: UpPayload<N>,
  options: CommandOptions = {},
): Promise<Answered<N>> {
  const run = new CommandRun(
    connection,
    timeouts,
    name,
    payload,
    Math.min(options.timeoutMs ?? timeouts.commandMs, MAX_COMMAND_MS),
  );
  return run.run();
}

/** Commands ever asked for: their place in the queue. */
let orders = 0;

class CommandRun<N extends CommandName> {
  readonly #connection: Connection;
  readonly #timeouts: Timeouts;
  readonly #name: N;
  readonly #payload: UpPayload<N>;
  readonly #deadlineMs: number;
  readonly #requestId: string | undefined;
  /** Whose memory of request ids it went to, once it went out; undefined: it never left. */
  #sentAs: string | null | undefined;
  /** An attempt went out whose effect nobody told: it may have been carried out. */
  #unknown = false;
  #renewed = false;
  #refusals = 0;
  #last: AisleError | undefined;
  readonly #order = ++orders;

  constructor(connection: Connection, timeouts: Timeouts, name: N, payload: UpPayload<N>, timeoutMs: number) {
    this.#connection = connection;
    this.#timeouts = timeouts;
    this.#name = name;
    this.#deadlineMs = monotonicMs() + timeoutMs;
    // `holds` only reads: it has no request id.
    if (name === 'holds') this.#payload = payload;
    else this.#payload = { requestId: newRequestId(), ...payload };
    this.#requestId = 'requestId' in this.#payload ? this.#payload.requestId : undefined;
  }

  async run(): Promise<Answered<N>> {
    for (;;) {
      const answer = await this.#inTurn();
      if (answer instanceof AisleError) await this.#afterRefusal(answer);
      else if (answer !== null) return answer;
      if (this.#leftMs() <= 0) throw this.#gaveUp();
    }
  }

  #leftMs(): number {
    return this.#deadlineMs - monotonicMs();
  }

  /** One attempt, when the server takes commands (see Pace). Null: no answer came. */
  async #inTurn(): Promise<Answered<N> | AisleError | null> {
    const turns: [Pace, Turn][] = [];
    let refusal: AisleError | null = null;
    try {
      for (const pace of this.#connection.pacesOf(this.#name)) {
        const turn = await pace.enter(this.#order, this.#deadlineMs);
        this.#last = turn === null ? (pace.refusal ?? this.#last) : this.#last;
        if (turn === null) throw this.#gaveUp();
        turns.push([pace, turn]);
      }
      if (!(await this.#connection.whenReady(this.#leftMs()))) throw this.#gaveUp();
      this.#checkSubject();
      const sentAtMs = monotonicMs();
      const outcome = await this.#attempt();
      if (outcome.kind === 'timeout') this.#connection.suspect(sentAtMs);
      if (outcome.kind !== 'ack') {
        this.#unknown = true;
        return null;
      }
      const answer = readAnswer<N>(outcome.value);
      if (!(answer instanceof AisleError)) return { value: answer, sentAtMs };
      if (answer.code === 'RATE_LIMITED') refusal = answer;
      return answer;
    } finally {
      // What a switch slows down (holds of an event) does not hold up the other commands.
      const pace = this.#connection.paceOf(refusal);
      for (const [entered, turn] of turns) entered.settle(turn, entered === pace ? refusal : null);
    }
  }

  #attempt(): Promise<Outcome> {
    const timeoutMs = Math.min(this.#timeouts.ackMs, this.#leftMs());
    return new Promise((done) => this.#connection.emit(this.#name, this.#payload, timeoutMs, done));
  }

  /**
   * Request ids are remembered per subject. Sent again as somebody else (another token since), the command could be
   * carried out a second time; then the truth is that nobody knows.
   */
  #checkSubject(): void {
    const subject = this.#payload.onBehalfOf ?? this.#connection.hello?.subject ?? null;
    if (this.#sentAs !== undefined && this.#sentAs !== subject && this.#requestId !== undefined) {
      throw this.#gaveUp('The connection now belongs to another subject; the answer is unknown.');
    }
    this.#sentAs = subject;
  }

  /** Returns when it may be sent again, else throws. */
  async #afterRefusal(error: AisleError): Promise<void> {
    if (error.code === 'UNAUTHENTICATED' && !this.#renewed) {
      this.#renewed = true;
      const renewed = await this.#connection.renew('refused').catch(() => false);
      if (!renewed) throw error;
      // Refused for want of a token: nothing was carried out under the old subject, unless by an attempt before.
      if (!this.#unknown) this.#sentAs = undefined;
      return;
    }
    if (!error.retryable) throw error;
    // UNAVAILABLE and INTERNAL may have failed after the change was made; RATE_LIMITED is said before anything is done.
    if (error.code !== 'RATE_LIMITED') this.#unknown = true;
    this.#last = error;
    // The wait is in the queue of all commands.
    if (error.code === 'RATE_LIMITED') return;
    const waitMs = Math.max(backoffMs(this.#refusals++, RETRY_MIN_MS, RETRY_MAX_MS), error.retryAfterMs ?? 0);
    if (waitMs >= this.#leftMs()) throw this.#gaveUp();
    await sleep(waitMs);
  }

  /** Carries the request id: calling again with it is as safe as the retries here were. */
  #gaveUp(message?: string): AisleError {
    const sent = this.#sentAs !== undefined;
    const outcome = this.#unknown ? 'unknown' : sent ? 'refused' : 'not_sent';
    const details = { requestId: this.#requestId, outcome };
    if (this.#last !== undefined && message === undefined) {
      const wire = this.#last.toWire();
      return new AisleError({ ...wire, details: { ...wire.details, ...details } });
    }
    const fallback = sent
      ? 'No answer came in time; it is not known whether the command was carried out.'
      : 'There was no connection in time; nothing was sent.';
    return unavailable(message ?? fallback, {
      details,
      remediation: sent
        ? 'Read your holds, or send the same command again with details.requestId.'
        : 'Try again once connected.',
    });
  }
}

/** Ack → result or error. An unreadable answer is INTERNAL, retryable: the request id makes asking again safe. */
function readAnswer<N extends CommandName>(ack: unknown): UpResults[N] | AisleError {
  if (isRecord(ack) && ack.ok === true) return ack as UpResults[N];
  const wire = isRecord(ack) ? readWireError(ack.error) : null;
  return wire === null
    ? AisleError.of('INTERNAL', { message: 'The server sent an unreadable answer.' })
    : new AisleError(wire);
}
