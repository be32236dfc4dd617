import { startNode, type NodeProcess } from './process.js';

/** What a helper process can be asked: name → question and answer, both plain data. */
export type Calls<C> = { readonly [N in keyof C]: { ask: object; answer: object } };

export interface Helper<C extends Calls<C>> {
  readonly pid: number;
  /** Rejects with the helper's error, when it ends, or after `timeoutMs`. */
  call<N extends keyof C & string>(name: N, ask: C[N]['ask'], timeoutMs?: number): Promise<C[N]['answer']>;
  stop(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly name: string;
  readonly ask: object;
}
interface Reply {
  readonly id: number;
  readonly answer?: object;
  readonly error?: string;
}

const DEFAULT_TIMEOUT_MS = 120_000;

/** Starts a process from dist/bench that answers calls. Load comes from processes of its own: their CPU is not the server's. */
export function startHelper<C extends Calls<C>>(name: string, main: string, logDir: string): Helper<C> {
  const running: NodeProcess = startNode({ name, main: `bench/${main}`, env: {}, logDir });
  const waiting = new Map<number, { resolve: (answer: object) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  running.child.on('message', (message) => {
    const reply = message as Reply;
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.answer !== undefined) caller?.resolve(reply.answer);
    else caller?.reject(new Error(`${name}: ${reply.error ?? 'no answer'}`));
  });
  running.ended.addEventListener('abort', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} has ended; see ${logDir}/${name}.log`));
    waiting.clear();
  });
  return {
    pid: running.pid,
    async call(call, ask, timeoutMs = DEFAULT_TIMEOUT_MS) {
      const id = ++lastId;
      const question: Question = { id, name: call, ask };
      let timer: NodeJS.Timeout | undefined;
      try {
        return await new Promise((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          timer = setTimeout(() => reject(new Error(`${name}: no answer to ${call} in ${timeoutMs} ms`)), timeoutMs);
          running.child.send(question);
        });
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    stop: () => running.stop(),
  };
}

type Handlers<C extends Calls<C>> = { readonly [N in keyof C]: (ask: C[N]['ask']) => Promise<C[N]['answer']> };

/** The helper's side. Ends with the process that started it. */
export function answerCalls<C extends Calls<C>>(handlers: Handlers<C>): void {
  process.on('message', (message) => {
    const { id, name, ask } = message as Question;
    const answer = (reply: Reply): void => void process.send?.(reply);
    // The asking side's types say that there is such a call and that this is its question.
    handlers[name as keyof C](ask as C[keyof C]['ask']).then(
      (value) => answer({ id, answer: value }),
      (error: unknown) =>
        answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  process.channel?.ref();
}
