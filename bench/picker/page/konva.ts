import Konva from 'konva';
import type { ChartSection } from '@aisle/client/protocol';
import { categoryColours, colourOf, SEAT_RADIUS, type MakePeer, type Peer } from './peer.js';
import { run } from './run.js';
import { boxOf, seatsInView, wholeChart, type Box, type View } from './view.js';

interface Piece {
  readonly group: Konva.Group;
  readonly box: Box;
  /** What the cached picture was made for; 0: there is none. */
  cachedAt: number;
}

/** Seats up to this radius, CSS pixels, are drawn by pictures of whole sections; fewer and larger ones cost less one by one. */
const CACHED_UP_TO_PX = 3;

/**
 * A Konva map by its own advice on performance: one layer, nothing listens, no perfect drawing, what is out of view is
 * taken out (hidden groups still cost: a move visits all that is in the stage), and from afar each section is cached as a picture at the scale in which it is seen; a change makes it anew.
 */
class KonvaMap implements Peer {
  private readonly stage: Konva.Stage;
  private readonly layer = new Konva.Layer({ listening: false });
  private readonly circles: Konva.Circle[] = [];
  private readonly pieceOf: Piece[] = [];
  private readonly pieces: Piece[];
  private readonly colours: readonly string[];

  constructor(
    private readonly container: HTMLElement,
    private readonly chart: Parameters<MakePeer>[1],
    letters: Uint8Array,
  ) {
    this.colours = categoryColours(chart);
    const { clientWidth: width, clientHeight: height } = container;
    this.stage = new Konva.Stage({ container: container as HTMLDivElement, width, height, draggable: true });
    const seatsOf = new Map<string, number[]>();
    chart.seats.forEach(({ section = '' }, seatNo) => {
      const seats = seatsOf.get(section);
      if (seats === undefined) seatsOf.set(section, [seatNo]);
      else seats.push(seatNo);
    });
    for (const { x, y, width, height } of chart.areas)
      this.layer.add(
        new Konva.Rect({
          x,
          y,
          width,
          height,
          fill: '#eee',
          stroke: '#ddd',
          listening: false,
          perfectDrawEnabled: false,
        }),
      );
    this.pieces = chart.sections.map((section) => this.piece(section, seatsOf.get(section.key) ?? [], letters));
    this.place(wholeChart(container, chart));
    this.stage.add(this.layer);
    this.stage.on('dragmove', () => this.refresh());
  }

  private piece(section: ChartSection, seatNos: readonly number[], letters: Uint8Array): Piece {
    const group = new Konva.Group({ listening: false });
    const outline = section.outline ?? [];
    const plain = { listening: false, perfectDrawEnabled: false, shadowForStrokeEnabled: false };
    const points = outline.flatMap(({ x, y }) => [x, y]);
    group.add(new Konva.Line({ points, closed: true, fill: '#eee', stroke: '#ddd', ...plain }));
    const seats = seatNos.flatMap((seatNo) => this.chart.seats[seatNo] ?? []);
    const piece: Piece = { group, box: boxOf([...outline, ...seats], SEAT_RADIUS + 1), cachedAt: 0 };
    for (const seatNo of seatNos) {
      const { x, y } = this.chart.seats[seatNo] ?? { x: 0, y: 0 };
      const fill = colourOf(letters[seatNo] ?? 0, this.colours[seatNo] ?? '');
      const circle = new Konva.Circle({ x, y, radius: SEAT_RADIUS, fill, ...plain });
      this.circles[seatNo] = circle;
      this.pieceOf[seatNo] = piece;
      group.add(circle);
    }
    return piece;
  }

  setSeats(seatNos: readonly number[], letters: Uint8Array): void {
    for (const seatNo of seatNos) {
      this.circles[seatNo]?.fill(colourOf(letters[seatNo] ?? 0, this.colours[seatNo] ?? ''));
      const piece = this.pieceOf[seatNo];
      if (piece !== undefined) piece.cachedAt = 0;
    }
    this.refresh();
  }

  showSeats(seatNos: readonly number[]): void {
    this.place(seatsInView(this.container, this.chart, seatNos));
  }

  private place({ x, y, scale }: View): void {
    this.stage.setAttrs({ x, y, scaleX: scale, scaleY: scale });
    this.refresh();
  }

  /** What is in view is in the layer, from afar as a picture of the present scale; the rest is out and holds no picture. */
  private refresh(): void {
    const scale = this.stage.scaleX();
    const near = SEAT_RADIUS * scale > CACHED_UP_TO_PX;
    const [x, y] = [this.stage.x(), this.stage.y()];
    for (const piece of this.pieces) {
      const { group, box } = piece;
      const seen =
        box.maxX * scale + x > 0 &&
        box.minX * scale + x < this.stage.width() &&
        box.maxY * scale + y > 0 &&
        box.minY * scale + y < this.stage.height();
      const shown = group.getParent() !== null;
      if (seen && !shown) this.layer.add(group);
      if (!seen && shown) group.remove();
      if ((!seen || near) && group.isCached()) {
        group.clearCache();
        piece.cachedAt = 0;
      }
      if (!seen || near || piece.cachedAt === scale) continue;
      const { minX, minY, maxX, maxY } = box;
      const rect = { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
      group.cache({ ...rect, pixelRatio: scale * devicePixelRatio, hitCanvasPixelRatio: 0.01 });
      piece.cachedAt = scale;
    }
  }
}

run((stage, chart, letters) => new KonvaMap(stage, chart, letters));
