import type { AisleError } from '@aisle/client/protocol';
import { NO_SWITCHES, UNPACED, type HoldPace, type Switches } from '../domain/ports/switches.js';
import { deniedError, noHoldBestError, paceError, pausedError } from '../domain/switch-refusals.js';
import type { SwitchName } from '../domain/switches.js';
import type { LiveEvent } from '../domain/event.js';

/** What holding asks of the operator's switches; absent: nothing is switched. */
export interface SwitchDeps {
  readonly switches?: Switches;
  readonly pace?: HoldPace;
  /** Whether this request id was answered before: then its answer comes again, whatever is switched (SPEC S7). */
  readonly remembers?: (eventId: string, subject: string, requestId: string) => Promise<boolean>;
}

/** What must be known of a call. */
interface Asked {
  readonly live: LiveEvent;
  readonly subject: string;
  readonly staff: boolean;
  readonly requestId: string;
}

/**
 * Before new places are held (SPEC G6, G7): from memory, but for holds_per_second. Throws EVENT_NOT_ON_SALE (pause), FORBIDDEN
 * (no_hold_best), RATE_LIMITED (holds_per_second). Staff may still have the best seats chosen, and are not paced.
 */
export async function refuseSwitched(deps: SwitchDeps, call: Asked, command: 'hold' | 'hold-best'): Promise<void> {
  const switches = deps.switches ?? NO_SWITCHES;
  const eventId = call.live.event.id;
  const paused = switches.paused(eventId);
  if (paused !== null) return refuse(deps, switches, call, 'pause', pausedError(paused));
  if (call.staff) return;
  const noBest = command === 'hold-best' ? switches.noHoldBest(eventId) : null;
  if (noBest !== null) return refuse(deps, switches, call, 'no_hold_best', noHoldBestError(noBest));
  const perSecond = switches.holdsPerSecond(eventId);
  if (perSecond === null) return;
  const retryAfterMs = await (deps.pace ?? UNPACED).take(eventId, perSecond);
  if (retryAfterMs === null) return;
  switches.refused('holds_per_second');
  throw paceError(perSecond, retryAfterMs);
}

/** Staff may act for others, but not for somebody who is denied. */
export function refuseDeniedSubject({ switches }: SwitchDeps, subject: string): void {
  if (switches?.deniesSubject(subject) !== true) return;
  switches.refused('deny_subject');
  throw deniedError('deny_subject');
}

async function refuse(
  { remembers }: SwitchDeps,
  switches: Switches,
  { live, subject, requestId }: Asked,
  name: SwitchName,
  error: AisleError,
): Promise<void> {
  if ((await remembers?.(live.event.id, subject, requestId)) === true) return;
  switches.refused(name);
  throw error;
}
