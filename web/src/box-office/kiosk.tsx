import { defineSeatMap, type CheckoutDetail } from '@aisle/client/picker';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { useQuery } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getJson } from '../shared/api.js';
import { statusWords } from '../shared/event-status.js';
import { eventTime } from '../shared/format.js';
import { Busy, Dialog, ErrorNote } from '../shared/ui.js';
import { Brand } from './brand.js';
import type { Clerk } from './clerk.js';
import { useIdle } from './idle.js';
import type { KioskConfig } from './kiosk-config.js';
import { KioskDone } from './kiosk-done.js';
import { LeaveKiosk } from './kiosk-leave.js';
import { KioskPay } from './kiosk-pay.js';
import { clearPrinted } from './print.js';
import { Visitor } from './visitor.js';

defineSeatMap();

type Step =
  | { readonly at: 'welcome' }
  | { readonly at: 'choose' }
  | { readonly at: 'pay'; readonly basket: CheckoutDetail }
  | { readonly at: 'done'; readonly orders: readonly Order[]; readonly paid: boolean };

const WELCOME: Step = { at: 'welcome' };
/** Sales may open, pause or close, and prices change, between two buyers. */
const LOOK_AGAIN_MS = 15_000;

/** For buyers by themselves. After each it starts over: seats given back, names forgotten. */
export function Kiosk({ config, onLeave }: { config: KioskConfig; onLeave: (clerk: Clerk) => void }): VNode {
  const [round, setRound] = useState(0);
  const [step, setStep] = useState<Step>(WELCOME);
  const [leaving, setLeaving] = useState(false);
  const visitor = useMemo(() => new Visitor(config.eventId), [round]);
  const event = useQuery({
    queryKey: ['event', config.eventId],
    queryFn: () => getJson<SeatEvent>(`/v1/events/${encodeURIComponent(config.eventId)}`),
    refetchInterval: LOOK_AGAIN_MS,
  });
  // Money is under way: whoever pays now is not sent away before it is known what became of it.
  const [paying, setPaying] = useState(false);
  const current = useRef(round);
  current.current = round;
  const startOver = (): void => {
    void visitor.leave();
    clearPrinted();
    setPaying(false);
    setLeaving(false);
    setStep(WELCOME);
    setRound(round + 1);
  };
  // An answer to the buyer before is not for the eyes of the next.
  const onStep = (next: Step): void => {
    if (current.current === round) setStep(next);
  };
  useEffect(() => {
    const leave = (): void => void visitor.leave();
    addEventListener('pagehide', leave);
    return () => removeEventListener('pagehide', leave);
  }, [visitor]);
  const busy = step.at === 'choose' || step.at === 'pay';
  const idle = useIdle({ on: (busy || leaving) && !paying, seconds: config.idleSeconds, onIdle: startOver });
  const { data } = event;
  if (data === undefined) {
    return event.error === null ? (
      <Busy text="Opening…" />
    ) : (
      <main class="desk-alone">
        <h1>Tickets</h1>
        <ErrorNote error={event.error} retry={() => void event.refetch()} />
      </main>
    );
  }
  return (
    <div class="kiosk" data-at={step.at}>
      <header class="kiosk-head">
        <div>
          <h1>{data.name}</h1>
          <p>{eventTime(data)}</p>
        </div>
        {busy ? (
          <button type="button" class="button" disabled={paying} onClick={startOver}>
            Start over
          </button>
        ) : null}
      </header>
      <main class="kiosk-main">
        <KioskStep key={round} {...{ step, config, visitor, event: data, startOver, onStep }} onPaying={setPaying} />
      </main>
      <footer class="kiosk-foot">
        <Brand />
        <button type="button" class="button quiet small" onClick={() => setLeaving(true)}>
          Staff
        </button>
      </footer>
      {idle.left === null ? null : <StillThere left={idle.left} onAlive={idle.alive} onStartOver={startOver} />}
      {leaving ? <LeaveKiosk onClose={() => setLeaving(false)} onLeave={onLeave} /> : null}
    </div>
  );
}

function KioskStep(props: {
  step: Step;
  config: KioskConfig;
  visitor: Visitor;
  event: SeatEvent;
  startOver: () => void;
  onStep: (step: Step) => void;
  onPaying: (paying: boolean) => void;
}): VNode {
  const { step, config, visitor, event, startOver, onStep, onPaying } = props;
  switch (step.at) {
    case 'welcome':
      return <Welcome event={event} onBegin={() => onStep({ at: 'choose' })} />;
    case 'choose':
      return <ChooseSeats visitor={visitor} event={event} onChosen={(basket) => onStep({ at: 'pay', basket })} />;
    case 'pay':
      return (
        <KioskPay
          {...{ config, visitor, event, basket: step.basket, onPaying }}
          onBack={() => onStep({ at: 'choose' })}
          onDone={(orders, paid) => onStep({ at: 'done', orders, paid })}
        />
      );
    case 'done':
      return <KioskDone {...{ event, visitor, orders: step.orders, paid: step.paid }} onEnd={startOver} />;
  }
}

function Welcome({ event, onBegin }: { event: SeatEvent; onBegin: () => void }): VNode {
  const { banner } = statusWords(event.status);
  if (banner !== undefined) {
    return (
      <div class="kiosk-welcome">
        <p class="notice" role="status">
          {banner}
        </p>
      </div>
    );
  }
  return (
    <button type="button" class="kiosk-welcome begin" onClick={onBegin}>
      <span class="begin-words">Touch to buy tickets</span>
      {event.venue === undefined ? null : <span>{event.venue}</span>}
    </button>
  );
}

/** The whole picker, for this one guest. */
function ChooseSeats(props: { visitor: Visitor; event: SeatEvent; onChosen: (basket: CheckoutDetail) => void }): VNode {
  const { visitor, event } = props;
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props.onChosen);
  latest.current = props.onChosen;
  useEffect(() => {
    const made = document.createElement('aisle-seat-map');
    made.className = 'seat-map';
    made.lang = 'en';
    made.event = event.id;
    made.checkoutLabel = 'Continue';
    made.getToken = () => visitor.token();
    made.addEventListener('aisle-checkout', ({ detail }) => latest.current(detail));
    place.current?.append(made);
    return () => made.remove();
  }, [event.id, visitor]);
  return <div ref={place} class="kiosk-map" />;
}

function StillThere(props: { left: number; onAlive: () => void; onStartOver: () => void }): VNode {
  return (
    <Dialog title="Are you still there?" onClose={props.onAlive}>
      <div class="dialog-body">
        <p>
          This starts over in <strong data-left={props.left}>{props.left} s</strong>. Seats you chose go back on sale.
        </p>
        <button type="button" class="button primary big" onClick={props.onAlive}>
          Go on
        </button>
        <button type="button" class="button" onClick={props.onStartOver}>
          Start over
        </button>
      </div>
    </Dialog>
  );
}
