import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Point } from '../map/bounds.js';
import { usePicker, usePickerState } from './context.js';
import { Icon } from './icons.js';
import { Swatch } from './swatch.js';
import { TicketTypeSelect } from './ticket-type.js';

export type CardPlace =
  { readonly kind: 'seat'; readonly seatNo: number } | { readonly kind: 'area'; readonly areaNo: number };

const AWAY_PX = 16;
const EDGE_PX = 6;

/** What stands at a place of the map: where it is, what it costs, what is to be known of its view. */
export function PlaceFacts({ place }: { place: CardPlace }): VNode {
  return place.kind === 'seat' ? <SeatFacts seatNo={place.seatNo} /> : <AreaFacts areaNo={place.areaNo} />;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

function SeatFacts({ seatNo }: { seatNo: number }): VNode {
  const { model, names, language, words } = usePicker();
  usePickerState();
  const seat = model.chart.seats[seatNo];
  const section = model.chart.sections.find(({ key }) => key === seat?.section);
  const category = model.chart.categories.find(({ key }) => key === seat?.category);
  const name = names.seat(seatNo);
  const standing = model.standing(seatNo);
  const entrance = textOf(seat?.entrance) ?? textOf(section?.entrance);
  const note = textOf(seat?.extra?.viewNote) ?? textOf(section?.extra?.viewNote);
  return (
    <>
      <strong class="card-title">{name.title}</strong>
      {name.detail !== '' && <span class="card-detail">{name.detail}</span>}
      <span class="card-price">
        <Swatch category={seat?.category ?? ''} />
        {category?.label} · {language.price(model.event.prices[seat?.category ?? ''], model.event.currency)}
      </span>
      <span class="card-standing" data-standing={standing}>
        {language.messages.places.standing[standing]}
      </span>
      {note !== undefined && <span class="card-note">{note}</span>}
      {entrance !== undefined && <span class="card-detail">{words.entrance(entrance)}</span>}
    </>
  );
}

function AreaFacts({ areaNo }: { areaNo: number }): VNode {
  const { model, names, language, words } = usePicker();
  const { counts } = usePickerState();
  const area = model.chart.areas[areaNo];
  const name = names.area(areaNo);
  const free = counts.areas[areaNo]?.available ?? 0;
  const places = language.messages.places;
  const entrance = textOf(area?.entrance);
  const note = textOf(area?.extra?.viewNote);
  return (
    <>
      <strong class="card-title">{name.title}</strong>
      {name.detail !== '' && <span class="card-detail">{name.detail}</span>}
      <span class="card-price">
        <Swatch category={area?.category ?? ''} />
        {language.price(model.event.prices[area?.category ?? ''], model.event.currency)}
      </span>
      <span class="card-standing">{free > 0 ? places.free(free) : places.full}</span>
      {note !== undefined && <span class="card-note">{note}</span>}
      {entrance !== undefined && <span class="card-detail">{words.entrance(entrance)}</span>}
    </>
  );
}

/** Beside the mouse. For the eye alone: the keyboard's seat is read out, and the map has no pointer for the ear. */
export function HoverCard({ place, at }: { place: CardPlace; at: Point }): VNode {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = card.current;
    const room = element?.parentElement?.getBoundingClientRect();
    if (element === null || room === undefined) return;
    const own = element.getBoundingClientRect();
    const right = at.x + AWAY_PX + own.width > room.width - EDGE_PX;
    const below = at.y + AWAY_PX + own.height < room.height - EDGE_PX;
    const x = Math.max(right ? at.x - AWAY_PX - own.width : at.x + AWAY_PX, EDGE_PX);
    const y = Math.max(below ? at.y + AWAY_PX : at.y - AWAY_PX - own.height, EDGE_PX);
    element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  });
  return (
    <div class="card hover" part="card" aria-hidden="true" ref={card}>
      <PlaceFacts place={place} />
    </div>
  );
}

/** Of the seat that the keyboard stands on: in a corner, so that it covers no neighbour. Read out elsewhere. */
export function FocusCard({ seatNo }: { seatNo: number }): VNode {
  return (
    <div class="card docked" part="card" aria-hidden="true">
      <PlaceFacts place={{ kind: 'seat', seatNo }} />
    </div>
  );
}

interface ChoiceCardProps {
  readonly seatNo: number;
  readonly onClose: () => void;
}

/** Pressed with a finger where ticket types are to be chosen. */
export function ChoiceCard({ seatNo, onClose }: ChoiceCardProps): VNode {
  const { model, names, words } = usePicker();
  const { canHold } = usePickerState();
  const [ticketType, setTicketType] = useState<string>();
  const seat = model.chart.seats[seatNo];
  const types = model.ticketTypes(seat?.category ?? '');
  const spoken = names.seat(seatNo).spoken;
  return (
    <div class="card choice" part="card" role="group" aria-label={spoken}>
      <button type="button" class="icon-button close" aria-label={words.close} onClick={onClose}>
        <Icon name="close" size={18} />
      </button>
      <PlaceFacts place={{ kind: 'seat', seatNo }} />
      <div class="choice-row">
        <TicketTypeSelect label={words.ticketTypeOf(spoken)} types={types} value={ticketType} onType={setTicketType} />
        <button
          type="button"
          class="button primary"
          aria-label={words.holdOf(spoken)}
          disabled={!canHold}
          onClick={() => {
            model.press(seatNo, ticketType ?? types[0]?.key);
            onClose();
          }}
        >
          {words.hold}
        </button>
      </div>
    </div>
  );
}
