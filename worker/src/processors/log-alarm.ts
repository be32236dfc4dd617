import type { Logger } from '../../../server/src/platform/logger.js';

/** Shares of the bound (SPEC L2) at which the operator is told: well before the last one, from which new holds are refused. */
const STEPS = [0.5, 0.9, 1] as const;
/** A log that hovers at a step is told of once: it must fall this much below before it counts as below again. */
const SLACK = 0.05;

/** Tells of each event's log once as it fills past a step, and once as it falls below all of them again. */
export function createLogAlarm(logger: Pick<Logger, 'error' | 'info'>, limit: number) {
  const reached = new Map<string, number>();
  return (eventId: string, waiting: number): void => {
    const before = reached.get(eventId) ?? 0;
    const fill = waiting / limit;
    const step = STEPS.findLast((share) => fill >= share) ?? 0;
    if (step > before) {
      reached.set(eventId, step);
      const message =
        step === 1
          ? 'the log of changes is full: new holds are refused until Postgres takes it; releases go on'
          : `the log of changes waits for Postgres and is ${step * 100} % full; at 100 % new holds are refused`;
      logger.error({ eventId, waiting, limit }, message);
    } else if (before > 0 && fill < STEPS[0] - SLACK) {
      reached.delete(eventId);
      logger.info({ eventId, waiting, limit }, 'the log of changes is below half of its bound again');
    }
  };
}
