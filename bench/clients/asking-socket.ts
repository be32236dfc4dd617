import { RawSocket } from './raw-socket.js';

export type Answer = Readonly<Record<string, unknown>> & {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
};

/** Nobody answered: the call may have been carried out. */
export const TIMED_OUT = 'TIMED_OUT';

/** A raw socket with many calls under way at once, each with its ack. */
export class AskingSocket {
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(private readonly socket: RawSocket) {
    socket.onFrame = (text) => this.#take(text);
  }

  static async open(port: number, token: string): Promise<AskingSocket> {
    return new AskingSocket(await RawSocket.open(port, { token, protocol: 1 }));
  }

  get isOpen(): boolean {
    return this.socket.ws.readyState === this.socket.ws.OPEN;
  }

  ask(name: string, payload: object, timeoutMs: number): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done({ ok: false, error: { code: TIMED_OUT } }), timeoutMs);
      const done = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      this.#waiting.set(id, done);
      this.socket.send(`42${id}${JSON.stringify([name, payload])}`);
    });
  }

  #take(text: string): void {
    if (!text.startsWith('43')) return;
    const start = text.indexOf('[');
    const answer = (JSON.parse(text.slice(start)) as [Answer])[0];
    this.#waiting.get(Number(text.slice(2, start)))?.(answer);
  }
}
