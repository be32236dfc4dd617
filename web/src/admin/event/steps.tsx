import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { EventStatus, SeatEvent } from '@aisle/client/protocol';
import { useRefresh, useRequestKey } from '../kit/data.js';
import { Confirm } from '../kit/parts.js';
import { useSay } from '../kit/said.js';
import { useStaff } from '../kit/session.js';

type Step = 'publish' | 'open' | 'pause' | 'close' | 'cancel';
interface StepWords {
  readonly name: string;
  readonly title: string;
  readonly text: ComponentChildren;
  readonly done: string;
  readonly from: readonly EventStatus[];
  readonly tone?: 'danger';
  /** The event's name has to be typed. */
  readonly typed?: true;
}

/** As in docs/YOUR-EVENT.md; the server has the last word. */
const STEPS: Readonly<Record<Step, StepWords>> = {
  publish: {
    name: 'Publish',
    title: 'Publish this event?',
    text: 'Everybody can see it then. Its chart and currency stand from then on; prices, times and limits can still change.',
    done: 'Published.',
    from: ['draft'],
  },
  open: {
    name: 'Open sales',
    title: 'Open sales?',
    text: 'Buyers can hold and buy seats at once.',
    done: 'Sales are open.',
    from: ['published', 'paused'],
  },
  pause: {
    name: 'Pause',
    title: 'Pause sales?',
    text: 'No new holds. Those that are there can be released, extended and paid. Open sales again whenever you like.',
    done: 'Sales are paused.',
    from: ['on_sale'],
  },
  close: {
    name: 'Close',
    title: 'Close sales for good?',
    text: 'Nobody can hold or extend any more; open orders may still pay. This cannot be undone: pause is the one to undo.',
    done: 'Sales are closed.',
    from: ['on_sale', 'paused'],
    tone: 'danger',
  },
  cancel: {
    name: 'Cancel event',
    title: 'Cancel this event for good?',
    text: 'All holds are dropped and nothing can be sold any more. Orders that are paid are not refunded by this: refund them one by one or with your shop. This cannot be undone.',
    done: 'The event is cancelled.',
    from: ['draft', 'published', 'on_sale', 'paused', 'closed'],
    tone: 'danger',
    typed: true,
  },
};
const isStep = (name: string): name is Step => Object.hasOwn(STEPS, name);

/** What can be done with the event as it stands, each asked before. */
export function Steps({ event }: { event: SeatEvent }): VNode {
  const { call } = useStaff();
  const refresh = useRefresh();
  const say = useSay();
  const { key, renew } = useRequestKey();
  const [asked, setAsked] = useState<Step | undefined>(undefined);
  const possible = Object.keys(STEPS)
    .filter(isStep)
    .filter((step) => STEPS[step].from.includes(event.status));
  const take = async (step: Step): Promise<void> => {
    await call('POST', `/v1/events/${event.id}/${step}`, { key });
    renew();
    await refresh('/v1/events');
    say(STEPS[step].done);
  };
  const words = asked === undefined ? undefined : STEPS[asked];
  return (
    <>
      {possible.map((step) => (
        <button
          key={step}
          type="button"
          class={step === 'publish' || step === 'open' ? 'button primary' : 'button'}
          onClick={() => setAsked(step)}
        >
          {STEPS[step].name}
        </button>
      ))}
      {asked === undefined || words === undefined ? null : (
        <Confirm
          title={words.title}
          action={words.name}
          {...(words.tone === undefined ? {} : { tone: words.tone })}
          {...(words.typed === undefined ? {} : { typed: event.name })}
          act={() => take(asked)}
          onClose={() => setAsked(undefined)}
        >
          <p>{words.text}</p>
        </Confirm>
      )}
    </>
  );
}
