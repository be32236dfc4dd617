import type { Point } from './bounds.js';
import { toScreen, type Camera, type Viewport } from './camera.js';
import type { ChartGeometry } from './geometry.js';
import type { MapTheme } from './theme.js';

/** What lies over the seats and changes at a touch. */
export interface Marks {
  readonly mine: ReadonlySet<number>;
  /** Asked for, not answered yet. */
  readonly taking: ReadonlySet<number>;
  readonly releasing: ReadonlySet<number>;
  readonly hovered: number | undefined;
  /** The keyboard's seat. */
  readonly cursor: number | undefined;
}

/** One's own seats stay findable in the overview: never drawn smaller than this, in CSS pixels. */
const MIN_MINE_RADIUS_PX = 5;

export function drawMarks(
  context: CanvasRenderingContext2D,
  geometry: ChartGeometry,
  theme: MapTheme,
  camera: Camera,
  viewport: Viewport,
  marks: Marks,
): void {
  // prettier-ignore
  const drawn = geometry.radius * camera.scale;
  const radius = Math.max(drawn, MIN_MINE_RADIUS_PX);
  const at = (seatNo: number): Point =>
    toScreen(camera, viewport, { x: geometry.xs[seatNo] ?? 0, y: geometry.ys[seatNo] ?? 0 });
  if (marks.hovered !== undefined) ring(context, at(marks.hovered), drawn + 1.5, theme.ink, 2);
  for (const seatNo of marks.mine) {
    context.globalAlpha = marks.releasing.has(seatNo) ? 0.45 : 1;
    drawMine(context, at(seatNo), radius, theme);
    context.globalAlpha = 1;
  }
  for (const seatNo of marks.taking) drawTaking(context, at(seatNo), radius, theme);
  if (marks.cursor !== undefined) {
    ring(context, at(marks.cursor), radius + 4, theme.ground, 5);
    ring(context, at(marks.cursor), radius + 4, theme.focus, 2.5);
  }
}

function ring(context: CanvasRenderingContext2D, at: Point, radius: number, colour: string, width: number): void {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** A full disc with a tick and a ring around it: told apart by form, not by colour alone. */
function drawMine(context: CanvasRenderingContext2D, at: Point, radius: number, theme: MapTheme): void {
  context.beginPath();
  context.arc(at.x, at.y, radius + 3, 0, 2 * Math.PI);
  context.fillStyle = theme.ground;
  context.fill();
  ring(context, at, radius + 2, theme.mine, 1.5);
  context.beginPath();
  context.arc(at.x, at.y, radius * 0.9, 0, 2 * Math.PI);
  context.fillStyle = theme.mine;
  context.fill();
  context.beginPath();
  context.moveTo(at.x - radius * 0.42, at.y + radius * 0.02);
  context.lineTo(at.x - radius * 0.1, at.y + radius * 0.34);
  context.lineTo(at.x + radius * 0.44, at.y - radius * 0.32);
  context.strokeStyle = theme.onMine;
  context.lineWidth = Math.max(radius * 0.22, 1.4);
  context.lineCap = context.lineJoin = 'round';
  context.stroke();
}

function drawTaking(context: CanvasRenderingContext2D, at: Point, radius: number, theme: MapTheme): void {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.fillStyle = theme.ground;
  context.fill();
  context.setLineDash([radius * 0.6, radius * 0.45]);
  ring(context, at, radius, theme.mine, Math.max(radius * 0.22, 1.5));
  context.setLineDash([]);
}
