import type { Language } from '../messages/language.js';
import type { PlaceNames } from '../messages/place-names.js';
import type { BasketHold, PickerModel } from '../model.js';
import type { Announcer } from './announcer.js';

/** What is left of a hold is said once when it passes each of these: enough to act on, too rare to talk over anybody. */
export const SPOKEN_AT_MS = [120_000, 60_000, 30_000, 10_000] as const;
/** From here on it cannot wait for the end of a sentence. */
const URGENT_AT_MS = 30_000;

export interface AnnounceOptions {
  readonly model: PickerModel;
  readonly language: Language;
  readonly names: PlaceNames;
  readonly announcer: Announcer;
}

export interface Announcements {
  /** The section that the buyer has open; its end is told. undefined: none. */
  watchSection(position: number | undefined): void;
  close(): void;
}

/**
 * What of the sale is read out: answers to the buyer's own doings at once; of what others do only that the section one
 * looks at has sold out, or is free again; the countdown at its marks.
 */
export function announce(options: AnnounceOptions): Announcements {
  const { model, announcer } = options;
  const watched = sectionWatch(options);
  const countdown = countdownWatch(options);
  const ends = [
    model.onTold(announcer.tell),
    model.subscribe(() => {
      watched.look();
      countdown.look();
    }),
    () => countdown.close(),
  ];
  countdown.look();
  return {
    watchSection: (position) => watched.set(position),
    close: () => {
      for (const end of ends) end();
    },
  };
}

function sectionWatch({ model, language, names, announcer }: AnnounceOptions) {
  let watched: { position: number; free: boolean } | undefined;
  const isFree = (position: number): boolean => (model.state.counts.sections[position] ?? 0) > 0;
  return {
    set(position: number | undefined): void {
      watched = position === undefined ? undefined : { position, free: isFree(position) };
    },
    look(): void {
      if (watched === undefined) return;
      const free = isFree(watched.position);
      if (free === watched.free) return;
      watched.free = free;
      const name = names.section(model.chart.sections[watched.position]?.key);
      const { lastGone, freeAgain } = language.messages.finding.say;
      if (name !== undefined) announcer.say(free ? freeAgain(name) : lastGone(name));
    },
  };
}

/** The hold that ends first. One that is going to be extended by itself does not end. */
const firstEnding = (holds: readonly BasketHold[]): BasketHold | undefined =>
  holds.find(({ extendable }) => !extendable) ?? holds[0];

/** Never more than is left by either clock: the monotonic one may stand still while the machine sleeps. */
const remaining = ({ deadline }: BasketHold): number => {
  const slept = Date.now() - deadline.wall - (performance.now() - deadline.monotonic);
  return deadline.at - performance.now() - Math.max(slept, 0);
};

function countdownWatch({ model, language, announcer }: AnnounceOptions) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let before: { token: string; left: number } | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const hold = firstEnding(model.state.basket.holds);
    if (hold === undefined) {
      before = undefined;
      return;
    }
    const left = remaining(hold);
    // Marks that were not lived through are not news: a new hold is told with its time by who took it.
    const last = before?.token === hold.token ? before.left : left;
    before = { token: hold.token, left };
    const mark = SPOKEN_AT_MS.findLast((at) => last > at && left <= at);
    if (mark !== undefined && left > 0) tell(left, mark);
    const next = SPOKEN_AT_MS.find((at) => at < left);
    if (next !== undefined) timer = setTimeout(look, left - next + 5);
  };
  const tell = (left: number, mark: number): void => {
    const seconds = Math.round(Math.min(left, mark) / 1000);
    const time = language.messages.places.time(Math.floor(seconds / 60), seconds % 60);
    const text = language.messages.finding.say.left(time);
    if (mark <= URGENT_AT_MS) announcer.sayNow(text);
    else announcer.say(text);
  };
  return { look, close: () => clearTimeout(timer) };
}
