import { AisleError } from '../../protocol/errors.js';
import type { LiveHold } from '../../hold.js';
import { newRequestId } from '../../request-id.js';
import type { HoldCommands } from './ports.js';

/** Which way commands go now, and when that changes. */
export interface Ways {
  readonly commands: HoldCommands;
}

/**
 * Brings commands to the server by whichever way there is. Where the way changes while an answer is awaited, the same command goes out
 * by the other one as well: its request id lets the server carry it out once (SPEC I6), and the first answer counts.
 */
export class Courier implements HoldCommands {
  readonly #open = new Set<(via: HoldCommands) => void>();

  constructor(private readonly ways: Ways) {}

  hold: HoldCommands['hold'] = (command) => this.#send((via) => via.hold(command), command);
  holdBest: HoldCommands['holdBest'] = (command) => this.#send((via) => via.holdBest(command), command);
  extend: HoldCommands['extend'] = (command) => this.#send((via) => via.extend(command), command);
  release: HoldCommands['release'] = (command) => this.#send((via) => via.release(command), command);
  holds: HoldCommands['holds'] = (eventId, timeoutMs) =>
    this.#send<readonly LiveHold[]>((via) => via.holds(eventId, timeoutMs));

  switched(): void {
    for (const again of [...this.#open]) again(this.ways.commands);
  }

  #send<T>(call: (via: HoldCommands) => Promise<T>, command?: { requestId?: string | undefined }): Promise<T> {
    if (command !== undefined) command.requestId ??= newRequestId();
    return new Promise<T>((resolve, reject) => {
      let underWay = 0;
      const settle = (act: () => void): void => {
        this.#open.delete(attempt);
        act();
      };
      const attempt = (via: HoldCommands): void => {
        underWay++;
        call(via).then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => {
            underWay--;
            // One way that knows nothing does not end what the other may still answer.
            if (underWay > 0 && isOpenEnded(error)) return;
            settle(() => reject(error instanceof Error ? error : new Error(String(error))));
          },
        );
      };
      this.#open.add(attempt);
      attempt(this.ways.commands);
    });
  }
}

const isOpenEnded = (error: unknown): boolean => error instanceof AisleError && error.retryable;
