import cluster from 'node:cluster';
import { AisleError } from '@aisle/client/protocol';
import { AggregatorRegistry, type Registry } from 'prom-client';

/** prom-client itself gives up on processes that do not answer after 5 s. */
const TIMEOUT_MS = 6000;
const QUESTION = 'aisle:metrics';
const ANSWER = 'aisle:metrics-answer';

interface Message {
  readonly type: string;
  readonly id: number;
  /** null: a process did not answer. */
  readonly text?: string | null;
}

const isMessage = (message: unknown, type: string): message is Message =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === type;

/**
 * What /metrics says. Where several processes share the port, a scrape reaches any one of them: it answers for all, counters and
 * gauges added up (what is up or away: the worst), asked for through the launcher that forked them. Throws UNAVAILABLE where one
 * of them does not answer: a sum without it would look like a restart.
 */
export function metricsText(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return () => registry.metrics();
  AggregatorRegistry.setRegistries([registry]);
  // Answers the launcher's questions for this process's part.
  new AggregatorRegistry();
  const asked = new Map<number, (text: string | null) => void>();
  let lastId = 0;
  process.on('message', (message) => {
    if (isMessage(message, ANSWER)) asked.get(message.id)?.(message.text ?? null);
  });
  return async () => {
    const id = ++lastId;
    const text = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), TIMEOUT_MS);
      asked.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      process.send?.({ type: QUESTION, id });
    });
    asked.delete(id);
    if (text === null) {
      throw AisleError.of('UNAVAILABLE', { message: 'One of the processes that share this port did not answer.' });
    }
    return text;
  };
}

/** The launcher's side: asks all processes that it forked, for the one that was asked. */
export function answerForAll(): void {
  const registry = new AggregatorRegistry();
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message, QUESTION)) return;
    const answer = (text: string | null): void => {
      if (worker.isConnected()) worker.send({ type: ANSWER, id: message.id, text } satisfies Message, () => undefined);
    };
    registry.clusterMetrics().then(answer, () => answer(null));
  });
}
