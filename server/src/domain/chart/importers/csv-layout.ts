import type { ChartSeat } from '@aisle/client/protocol';
import type { ChartDraft } from './draft.js';

const SEAT_PITCH = 20;
const ROW_PITCH = 24;
const SECTION_GAP = 60;
const STAGE_HEIGHT = 60;
/** Up to this many sections stand one behind the other, more in a square. */
const MAX_STACKED_SECTIONS = 3;
/** Area each place of a standing area is drawn with: a square of one seat's width. */
const AREA_PLACE = SEAT_PITCH * SEAT_PITCH;

interface Block {
  readonly section: string;
  readonly rows: Map<string, ChartSeat[]>;
}

/** Gives places without positions some: a stage, and facing it each section with its rows one behind the other. */
export function layOut(draft: ChartDraft): void {
  draft.note('there are no positions: rows are laid out one behind the other, facing a stage');
  const blocks = blocksOf(draft.seats);
  const columns = blocks.length <= MAX_STACKED_SECTIONS ? 1 : Math.ceil(Math.sqrt(blocks.length));
  const width = Math.max(
    0,
    ...blocks.map((block) => SEAT_PITCH * Math.max(...[...block.rows.values()].map((row) => row.length))),
  );
  const left = -((columns - 1) * (width + SECTION_GAP)) / 2;
  let top = STAGE_HEIGHT;
  for (let first = 0; first < blocks.length; first += columns) {
    const line = blocks.slice(first, first + columns);
    line.forEach((block, i) => placeBlock(block, left + i * (width + SECTION_GAP), top));
    top += Math.max(...line.map((block) => block.rows.size)) * ROW_PITCH + SECTION_GAP;
  }
  placeAreas(draft, top);
  draft.focalPoint = { x: 0, y: 0 };
  const stage = Math.max(width, 200);
  draft.addShape({
    type: 'rect',
    x: -stage / 2,
    y: -STAGE_HEIGHT,
    width: stage,
    height: STAGE_HEIGHT,
    fill: '#d0d1d2',
    label: 'Stage',
    role: 'stage',
  });
}

/** Sections and rows in the order of the file. */
function blocksOf(seats: readonly ChartSeat[]): Block[] {
  const blocks = new Map<string, Block>();
  for (const seat of seats) {
    const section = seat.section ?? '';
    let block = blocks.get(section);
    if (block === undefined) blocks.set(section, (block = { section, rows: new Map() }));
    const row = block.rows.get(seat.row ?? '');
    if (row === undefined) block.rows.set(seat.row ?? '', [seat]);
    else row.push(seat);
  }
  return [...blocks.values()];
}

/** Rows by number, each centred on `middle`. */
function placeBlock(block: Block, middle: number, top: number): void {
  const natural = new Intl.Collator('en', { numeric: true });
  [...block.rows.values()].forEach((row, index) => {
    const ordered = [...row].sort((a, b) => natural.compare(a.number ?? '', b.number ?? ''));
    ordered.forEach((seat, i) => {
      seat.x = middle + (i - (ordered.length - 1) / 2) * SEAT_PITCH;
      seat.y = top + index * ROW_PITCH;
    });
  });
}

/** Standing areas behind all rows, as large as the people in them. */
function placeAreas(draft: ChartDraft, top: number): void {
  let y = top;
  for (const area of draft.areas) {
    area.height = Math.max(ROW_PITCH, Math.round(Math.sqrt((area.capacity * AREA_PLACE) / 4)));
    area.width = 4 * area.height;
    area.x = -area.width / 2;
    area.y = y;
    y += area.height + SECTION_GAP;
  }
}
