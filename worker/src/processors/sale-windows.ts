import { dueTransitions } from '../../../server/src/db/events/events.js';
import { takeStep, type StepDeps } from './steps.js';

/** saleStartsAt and saleEndsAt open and close by themselves, by Postgres's clock (architecture §11). */
export async function moveSaleWindows(deps: StepDeps): Promise<void> {
  for (const { eventId, step } of await dueTransitions(deps.sql)) {
    try {
      await takeStep(deps, eventId, step, 'schedule');
    } catch (error) {
      deps.logger.warn({ err: error, eventId, step }, 'a scheduled step failed; the next round tries again');
    }
  }
}
