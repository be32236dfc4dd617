import { ChartView } from '../../../client-sdk/src/picker/map/chart-view.js';
import { buildGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import { ENGLISH_WORDS } from '../../../client-sdk/src/picker/map/label-words.js';
import type { MakePeer, Peer } from './peer.js';
import { LETTER_AVAILABLE } from './peer.js';
import { run } from './run.js';

/** Our own map, as the element uses it; counts of free places for its labels are kept as the picker keeps them. */
const ourMap: MakePeer = (stage, chart, letters): Peer => {
  const canvas = document.createElement('canvas');
  canvas.tabIndex = 0;
  canvas.className = 'map';
  stage.append(canvas);
  const geometry = buildGeometry(chart);
  const free = new Uint32Array(chart.sections.length);
  const wasFree = new Uint8Array(chart.seats.length);
  const count = (seatNo: number, now: Uint8Array): void => {
    const is = now[seatNo] === LETTER_AVAILABLE ? 1 : 0;
    const section = geometry.sectionOf[seatNo] ?? 0;
    free[section] = (free[section] ?? 0) + is - (wasFree[seatNo] ?? 0);
    wasFree[seatNo] = is;
  };
  for (let seatNo = 0; seatNo < letters.length; seatNo++) count(seatNo, letters);
  const nothing = (): void => undefined;
  const availability = {
    section: (position: number) => free[position] ?? 0,
    area: (areaNo: number) => chart.areas[areaNo]?.capacity ?? 0,
    mineInArea: () => 0,
  };
  const handlers = { seat: nothing, area: nothing, hover: nothing, cursor: nothing };
  const view = new ChartView({ canvas, geometry, availability, words: ENGLISH_WORDS, handlers });
  view.setAll(letters);
  return {
    setSeats(seatNos, now) {
      for (const seatNo of seatNos) count(seatNo, now);
      view.setSeats(seatNos, now);
    },
    showSeats: (seatNos) => view.showSeats(seatNos),
  };
};

run(ourMap);
