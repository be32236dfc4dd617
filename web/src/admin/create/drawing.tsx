import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chart } from '@aisle/client/protocol';
import { ChartView } from '../../../../client-sdk/src/picker/map/chart-view.js';
import type { ChartGeometry } from '../../../../client-sdk/src/picker/map/geometry.js';
import type { Hit } from '../../../../client-sdk/src/picker/map/hit-test.js';
import { ENGLISH_WORDS } from '../../../../client-sdk/src/picker/map/label-words.js';
import { LETTER_AVAILABLE } from '../../../../client-sdk/src/picker/map/seat-look.js';
import { count } from '../../shared/format.js';

export interface Pointing {
  /** What is brought into view; a new object each time it is asked for. */
  readonly seatNos: readonly number[];
}

/** A chart as buyers will see it, with the places that something is wrong with ringed. */
export function Drawing(props: {
  geometry: ChartGeometry;
  marked: ReadonlySet<number>;
  pointing: Pointing | undefined;
  /** What is shown first, where that is not all of it. */
  core?: readonly number[] | undefined;
  label: string;
}): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<ChartView>();
  const [under, setUnder] = useState('');
  const { geometry, marked, pointing, core, label } = props;

  useEffect(() => {
    if (canvas.current === null) return undefined;
    const { chart } = geometry;
    const made = new ChartView({
      canvas: canvas.current,
      geometry,
      availability: allFree(geometry),
      words: ENGLISH_WORDS,
      handlers: {
        seat: (seatNo) => setUnder(seatWords(chart, seatNo)),
        area: (areaNo) => setUnder(areaWords(chart, areaNo)),
        hover: (hit) => setUnder(hitWords(chart, hit)),
        cursor: (seatNo) => setUnder(seatWords(chart, seatNo)),
      },
    });
    made.setAll(new Uint8Array(chart.seats.length).fill(LETTER_AVAILABLE));
    view.current = made;
    return () => {
      view.current = undefined;
      made.close();
    };
  }, [geometry]);
  useEffect(() => view.current?.setMarks({ taking: marked }), [geometry, marked]);
  useEffect(() => {
    if (core !== undefined) view.current?.showSeats(core);
  }, [geometry, core]);
  useEffect(() => {
    const [only, more] = pointing?.seatNos ?? [];
    if (pointing === undefined || only === undefined) return;
    if (more === undefined) view.current?.putCursor(only);
    else view.current?.showSeats(pointing.seatNos);
    canvas.current?.scrollIntoView({ block: 'nearest' });
  }, [geometry, pointing]);

  const zoom = (steps: number) => (): void => view.current?.zoomBy(steps);
  return (
    <figure class="drawing">
      <div class="drawing-frame">
        <canvas ref={canvas} tabindex={0} role="application" aria-roledescription="seat map" aria-label={label} />
        <div class="drawing-tools" role="group" aria-label="Zoom">
          <button type="button" class="tool" aria-label="Zoom in" onClick={zoom(1)}>
            +
          </button>
          <button type="button" class="tool" aria-label="Zoom out" onClick={zoom(-1)}>
            −
          </button>
          <button type="button" class="tool" aria-label="Show the whole chart" onClick={() => view.current?.showAll()}>
            ⤢
          </button>
        </div>
      </div>
      <figcaption aria-live="polite">
        {under === '' ? 'Point at a seat, or walk with the arrow keys.' : under}
      </figcaption>
    </figure>
  );
}

const allFree = (geometry: ChartGeometry) => ({
  section: (position: number) => geometry.sections[position]?.seats ?? 0,
  area: (areaNo: number) => geometry.chart.areas[areaNo]?.capacity ?? 0,
  mineInArea: () => 0,
});

function hitWords(chart: Chart, hit: Hit): string {
  switch (hit.kind) {
    case 'seat':
      return seatWords(chart, hit.seatNo);
    case 'area':
      return areaWords(chart, hit.areaNo);
    case 'section':
      return chart.sections[hit.position]?.label ?? '';
    case 'nothing':
      return '';
  }
}

export function seatWords(chart: Chart, seatNo: number): string {
  const seat = chart.seats[seatNo];
  if (seat === undefined) return '';
  const section = chart.sections.find(({ key }) => key === seat.section)?.label;
  const name = [
    section,
    seat.row === undefined ? undefined : `row ${seat.row}`,
    seat.number === undefined ? undefined : `seat ${seat.number}`,
  ];
  const known = name.filter((part) => part !== undefined);
  const category = chart.categories.find(({ key }) => key === seat.category)?.label ?? seat.category;
  return `${known.length === 0 ? seat.id : known.join(', ')} · ${category} · id ${seat.id}`;
}

function areaWords(chart: Chart, areaNo: number): string {
  const area = chart.areas[areaNo];
  if (area === undefined) return '';
  const category = chart.categories.find(({ key }) => key === area.category)?.label ?? area.category;
  return `${area.label === '' ? area.id : area.label} · ${count(area.capacity)} places · ${category} · id ${area.id}`;
}
