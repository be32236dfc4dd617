import { randomUUID } from 'node:crypto';
import { AisleError, type Fault } from '@aisle/client/protocol';
import type { CommandResult } from '../domain/ports/commands.js';
import type { AppContext } from './context.js';
import type { HttpDeps } from './deps.js';
import { invalidRequest } from '../domain/faults.js';

/**
 * Runs a command, counts it and names it in the request's log line. A refusal is thrown as the error it is; a replay of either
 * says so in its header (SPEC S7).
 */
export async function run<T>(
  c: AppContext,
  { metrics }: Pick<HttpDeps, 'metrics'>,
  name: string,
  eventId: string,
  command: () => Promise<CommandResult<T>>,
): Promise<T> {
  c.set('command', name);
  c.set('eventId', eventId);
  const stop = metrics.commandSeconds.startTimer({ command: name });
  const result = await command();
  stop();
  const outcome = outcomeOf(result);
  c.set('outcome', outcome);
  metrics.commands.inc({ command: name, outcome, transport: 'http' });
  if (result.replayed) c.set('replayed', true);
  if (!result.ok) throw new AisleError(result.error, { cause: result.cause });
  return result.value;
}

function outcomeOf(result: CommandResult<unknown>): string {
  if (!result.ok) return result.error.code;
  return result.replayed ? 'replayed' : 'ok';
}

/**
 * Idempotency-Key is the requestId of a POST; both are fine when they say the same. Without either the server makes one: the
 * id of this HTTP request, so that one id leads from the log line to seat_log. Not where that came from outside: a proxy may
 * give many requests the same.
 */
export function withRequestId<P extends { requestId?: string | undefined }>(
  c: AppContext,
  payload: P,
  key: string | undefined,
): P & { requestId: string } {
  if (key !== undefined && payload.requestId !== undefined && payload.requestId !== key) {
    const fault: Fault = { path: 'requestId', message: 'differs from the Idempotency-Key header' };
    throw invalidRequest([fault]);
  }
  const requestId = key ?? payload.requestId ?? (c.get('requestIdGiven') ? randomUUID() : c.get('requestId'));
  c.set('commandId', requestId);
  return { ...payload, requestId };
}
