import { AisleError, type Fault } from '@aisle/client/protocol';
import type { CommandResult } from '../domain/ports/commands.js';
import type { AppContext } from './context.js';
import type { HttpDeps } from './deps.js';
import { invalidRequest } from '../domain/faults.js';

/**
 * Runs a command and counts it. A refusal is thrown as the error it is; a replay of either says so in its header
 * (SPEC S7).
 */
export async function run<T>(
  c: AppContext,
  { metrics }: Pick<HttpDeps, 'metrics'>,
  name: string,
  command: () => Promise<CommandResult<T>>,
): Promise<T> {
  const stop = metrics.commandSeconds.startTimer({ command: name });
  const result = await command();
  stop();
  metrics.commands.inc({ command: name, outcome: outcomeOf(result), transport: 'http' });
  if (result.replayed) c.set('replayed', true);
  if (!result.ok) throw new AisleError(result.error);
  return result.value;
}

function outcomeOf(result: CommandResult<unknown>): string {
  if (!result.ok) return result.error.code;
  return result.replayed ? 'replayed' : 'ok';
}

/** Idempotency-Key is the requestId of a POST; both are fine when they say the same. */
export function withRequestId<P extends { requestId?: string | undefined }>(payload: P, key: string | undefined): P {
  if (key === undefined) return payload;
  if (payload.requestId !== undefined && payload.requestId !== key) {
    const fault: Fault = { path: 'requestId', message: 'differs from the Idempotency-Key header' };
    throw invalidRequest([fault]);
  }
  return { ...payload, requestId: key };
}
