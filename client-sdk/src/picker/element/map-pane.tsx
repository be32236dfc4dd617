import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLater } from '../coming.js';
import { isFiltered } from '../finding/index.js';
import type { Point } from '../map/bounds.js';
import { ChartView } from '../map/chart-view.js';
import type { Hit } from '../map/hit-test.js';
import type { ThemeChoice } from '../map/theme.js';
import type { Language } from '../messages/index.js';
import type { PickerModel, PickerState } from '../model.js';
import { usePicker, usePickerState } from '../panels/context.js';
import { MapTools } from '../panels/map-tools.js';
import type { CardPlace } from '../panels/place-card.js';
import { EXTRAS } from './later-extras.js';
import { minimapWhenNeeded } from './minimap.js';

export interface MapPaneProps {
  readonly theme: ThemeChoice;
  readonly hidden: boolean;
  readonly stale: boolean;
  /** Gets hold of the drawing; null when it is gone. */
  readonly onView: (view: ChartView | null) => void;
  /** The map's colours are other ones now. */
  readonly onColours: (view: ChartView) => void;
  readonly onArea: (areaNo: number) => void;
  /** The keyboard stands on a seat. */
  readonly onCursor: (seatNo: number) => void;
  /** A section was pressed; the map is on its way there. */
  readonly onSection: (position: number) => void;
  /** Anything was pressed on the map. */
  readonly onPress: () => void;
}

interface Hovered {
  readonly place: CardPlace;
  readonly at: Point;
}

/** The drawing with what lies over it: tools, minimap, cards. */
export function MapPane(props: MapPaneProps): VNode {
  const { model, words, language } = usePicker();
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const touched = useRef(false);
  const latest = useRef(props);
  latest.current = props;
  const extras = useLater(EXTRAS, hovered !== null || cursor !== null || chosen !== null);
  const cards = extras.part;
  const view = useChartView(canvas, minimap, latest, {
    hover: (hit, at) => setHovered(placeOf(hit) === null ? null : { place: placeOf(hit) as CardPlace, at }),
    seat: (seatNo) => {
      // Where the card cannot be had, the type can be changed in the basket.
      const asks = cards !== undefined || !extras.failed;
      if (touched.current && asks && asksForType(model, seatNo)) setChosen(seatNo);
      else model.press(seatNo);
    },
    cursor: setCursor,
  });
  useMarks(view, model);
  const seats = language.messages.places.seats(model.chart.seats.length);
  return (
    <div class="pane map-pane" part="map" data-stale={props.stale || undefined} hidden={props.hidden}>
      <canvas
        ref={canvas}
        class="map"
        id="map"
        tabIndex={0}
        role="application"
        aria-roledescription={words.mapRole}
        aria-label={words.mapOf(model.event.name, seats)}
        aria-describedby="map-keys"
        data-over={hovered === null ? undefined : 'place'}
        onPointerDown={({ pointerType }) => {
          touched.current = pointerType === 'touch';
          setChosen(null);
          props.onPress();
        }}
        onKeyDown={() => {
          touched.current = false;
        }}
        onBlur={() => setCursor(null)}
      />
      <p id="map-keys" class="map-keys">
        {words.mapKeys}
      </p>
      <canvas ref={minimap} class="minimap" part="minimap" aria-hidden="true" hidden />
      <MapTools onZoom={(steps) => view.current?.zoomBy(steps)} onAll={() => view.current?.showAll()} />
      {cards !== undefined && (
        <>
          {cursor !== null && hovered === null && <cards.FocusCard seatNo={cursor} />}
          {hovered !== null && chosen === null && <cards.HoverCard place={hovered.place} at={hovered.at} />}
          {chosen !== null && <cards.ChoiceCard seatNo={chosen} key={chosen} onClose={() => setChosen(null)} />}
        </>
      )}
    </div>
  );
}

function placeOf(hit: Hit): CardPlace | null {
  return hit.kind === 'seat' || hit.kind === 'area' ? hit : null;
}

/** A finger has no card beside it: where there is something to choose, it is asked first. */
function asksForType(model: PickerModel, seatNo: number): boolean {
  const category = model.chart.seats[seatNo]?.category ?? '';
  return model.standing(seatNo) === 'free' && model.ticketTypes(category).length > 1;
}

interface ViewHandlers {
  hover(hit: Hit, at: Point): void;
  seat(seatNo: number): void;
  cursor(seatNo: number): void;
}

interface Ref<T> {
  current: T;
}

/** The drawing's life: made with the model, told of its seats, closed with it. */
function useChartView(
  canvas: Ref<HTMLCanvasElement | null>,
  minimap: Ref<HTMLCanvasElement | null>,
  props: Ref<MapPaneProps>,
  handlers: ViewHandlers,
): Ref<ChartView | null> {
  const { model, language } = usePicker();
  const view = useRef<ChartView | null>(null);
  const latest = useRef(handlers);
  latest.current = handlers;
  const { scheme, palette } = props.current.theme;
  useEffect(() => {
    if (canvas.current === null) return;
    const made = makeView(canvas.current, model, language, props, latest);
    view.current = made;
    const closeMinimap = minimap.current === null ? undefined : minimapWhenNeeded(minimap.current, made);
    const off = model.onSeats((change) => {
      if (change.all) made.setAll(model.letters);
      else made.setSeats(change.seatNos, model.letters);
    });
    made.setAll(model.letters);
    props.current.onView(made);
    props.current.onColours(made);
    return () => {
      off();
      closeMinimap?.();
      made.close();
      view.current = null;
      props.current.onView(null);
    };
  }, [model, language, canvas, minimap, props]);
  useEffect(() => {
    const { current } = view;
    if (current === null) return;
    const recolour = (): void => {
      current.setTheme({ scheme, palette });
      props.current.onColours(current);
    };
    recolour();
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', recolour);
    return () => dark.removeEventListener('change', recolour);
  }, [model, scheme, palette, props]);
  return view;
}

function makeView(
  canvas: HTMLCanvasElement,
  model: PickerModel,
  language: Language,
  props: Ref<MapPaneProps>,
  handlers: Ref<ViewHandlers>,
): ChartView {
  const mineInArea = (areaNo: number): number =>
    model.state.basket.lines.reduce((sum, line) => (line.areaNo === areaNo ? sum + line.quantity : sum), 0);
  return new ChartView({
    canvas,
    geometry: model.geometry,
    availability: {
      section: (position) => model.state.counts.sections[position] ?? 0,
      area: (areaNo) => model.state.counts.areas[areaNo]?.available ?? 0,
      mineInArea,
    },
    words: { ...language.messages.places, yours: language.messages.finding.list.mine },
    theme: props.current.theme,
    handlers: {
      seat: (seatNo) => handlers.current.seat(seatNo),
      area: (areaNo) => props.current.onArea(areaNo),
      section: (position) => props.current.onSection(position),
      hover: (hit, at) => handlers.current.hover(hit, at),
      cursor: (seatNo) => {
        handlers.current.cursor(seatNo);
        props.current.onCursor(seatNo);
      },
    },
  });
}

/** What lies over the seats: one's own, those being asked for, what the filter leaves; and the counts in the labels. */
function useMarks(view: Ref<ChartView | null>, model: PickerModel): void {
  const state: PickerState = usePickerState();
  const { basket, taking, leaving, selection, filter, counts } = state;
  useEffect(() => {
    const own = basket.lines.map(({ seatNo }) => seatNo).filter((seatNo) => seatNo !== undefined);
    view.current?.setMarks({ mine: new Set([...own, ...selection]), taking, releasing: leaving });
  }, [view, model, basket, taking, leaving, selection]);
  useEffect(() => view.current?.countsChanged(), [view, model, counts, basket]);
  const before = useRef(filter);
  useEffect(() => {
    // A chart of 80,000 seats is looked at anew only when the filter is another one.
    if (before.current === filter && !isFiltered(filter)) return;
    before.current = filter;
    view.current?.setOffered(isFiltered(filter) ? (seatNo) => model.offered(seatNo) : undefined);
  }, [view, model, filter]);
}
