import type { EventStatus } from '@aisle/client/protocol';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export interface StatusWords {
  readonly label: string;
  readonly tone: Tone;
  /** Said over the map while holds are not possible; undefined: they are. */
  readonly banner: string | undefined;
}

const WORDS: Readonly<Record<EventStatus, StatusWords>> = {
  draft: { label: 'Draft', tone: 'plain', banner: 'This event is a draft. It is not on sale yet.' },
  published: {
    label: 'Not on sale yet',
    tone: 'plain',
    banner: 'Sales have not opened yet. You can look at the map meanwhile.',
  },
  on_sale: { label: 'On sale', tone: 'good', banner: undefined },
  paused: {
    label: 'Paused',
    tone: 'warn',
    banner: 'Sales are paused. Seats you hold stay yours until their time runs out; new ones cannot be held now.',
  },
  closed: { label: 'Closed', tone: 'plain', banner: 'Sales are closed. Seats cannot be held any more.' },
  cancelled: { label: 'Cancelled', tone: 'bad', banner: 'This event is cancelled.' },
};

/** A status this build does not know is treated as not on sale. */
export function statusWords(status: string): StatusWords {
  if (Object.hasOwn(WORDS, status)) return WORDS[status as EventStatus];
  return { label: status, tone: 'plain', banner: 'This event is not on sale.' };
}
