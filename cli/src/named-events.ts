import { activeEvents } from '../../server/src/db/events/active-events.js';
import { UsageError, type Stores } from './stores.js';

/** The events named, all that are not over where none is. Throws UsageError that names the unknown ones. */
export async function namedEvents({ sql }: Pick<Stores, 'sql'>, events: readonly string[]): Promise<readonly string[]> {
  const known = await activeEvents(sql);
  const unknown = events.filter((id) => !known.some((event) => event.id === id));
  if (unknown.length > 0) throw new UsageError(`No such published event: ${unknown.join(', ')}.`);
  return events.length > 0
    ? [...new Set(events)]
    : known.filter(({ epoch, lively }) => epoch > 0 && lively).map(({ id }) => id);
}
