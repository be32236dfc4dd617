import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartArea } from '../../protocol/chart.js';
import { usePicker, usePickerState } from './context.js';
import { Stepper } from './stepper.js';
import { Swatch } from './swatch.js';
import { TicketTypeSelect } from './ticket-type.js';

/** How long an area stays marked in the list after it was pressed on the map. */
const CALLED_MS = 2_500;

/** An area that was pressed on the map; another object each time. */
export interface AreaCall {
  readonly areaNo: number;
}

/** Standing areas: how many places, at what price, and a button to hold them. */
export function Areas({ call }: { call: AreaCall | null }): VNode | null {
  const { words, model } = usePicker();
  const { areas } = model.chart;
  if (areas.length === 0) return null;
  return (
    <section class="block" aria-labelledby="areas">
      <h2 id="areas">{words.areas}</h2>
      <ul class="areas">
        {areas.map((area, areaNo) => (
          <Area key={area.id} area={area} areaNo={areaNo} call={call?.areaNo === areaNo ? call : null} />
        ))}
      </ul>
    </section>
  );
}

function Area({ area, areaNo, call }: { area: ChartArea; areaNo: number; call: AreaCall | null }): VNode {
  const { words, model, names, language } = usePicker();
  const { canHold, maxPlaces, counts } = usePickerState();
  const [quantity, setQuantity] = useState(1);
  const [ticketType, setTicketType] = useState<string>();
  const { row, called } = useCall(call);
  const free = counts.areas[areaNo]?.available ?? 0;
  const types = model.ticketTypes(area.category);
  const places = language.messages.places;
  // While nothing is free, what was typed stays: Hold cannot be pressed then.
  const max = free > 0 ? Math.min(maxPlaces, free) : maxPlaces;
  const asked = Math.min(quantity, Math.max(max, 1));
  return (
    <li ref={row} data-called={called || undefined}>
      <span class="name">
        <Swatch category={area.category} />
        <span>
          {area.label}
          <small>
            {language.price(model.event.prices[area.category], model.event.currency)} ·{' '}
            <span class="free">{free > 0 ? places.free(free) : places.full}</span>
          </small>
        </span>
      </span>
      {types.length > 1 && (
        <TicketTypeSelect
          label={words.ticketTypeOf(area.label)}
          types={types}
          value={ticketType}
          onType={setTicketType}
        />
      )}
      <Stepper label={words.areaPlaces(area.label)} value={asked} max={max} onValue={setQuantity} />
      <button
        type="button"
        class="button"
        aria-label={words.holdIn(names.area(areaNo).spoken)}
        disabled={!canHold || free === 0 || types.length === 0}
        onClick={() => model.holdArea(areaNo, asked, ticketType ?? types[0]?.key)}
      >
        {words.hold}
      </button>
    </li>
  );
}

/** Pressed on the map: brings the line into view and the keyboard to it. */
function useCall(call: AreaCall | null): { row: { current: HTMLLIElement | null }; called: boolean } {
  const row = useRef<HTMLLIElement>(null);
  const [called, setCalled] = useState(false);
  useEffect(() => {
    if (call === null) return;
    row.current?.scrollIntoView({ block: 'nearest' });
    row.current?.querySelector<HTMLElement>('.button')?.focus({ preventScroll: true });
    setCalled(true);
    const timer = setTimeout(() => setCalled(false), CALLED_MS);
    return () => clearTimeout(timer);
  }, [call]);
  return { row, called };
}
