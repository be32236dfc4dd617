import { ACCESSIBLE, COMPANION } from './seat-kind.js';

/** Adds a seat's outline to the present path. */
export function addSeat(context: CanvasRenderingContext2D, kind: number, x: number, y: number, radius: number): void {
  if (kind === ACCESSIBLE) {
    context.roundRect(x - radius, y - radius, radius * 2, radius * 2, radius * 0.35);
  } else if (kind === COMPANION) {
    // As large to the eye as the disc, and no nearer to its neighbours than a sixth of the pitch.
    const reach = radius * 1.18;
    context.moveTo(x, y - reach);
    context.lineTo(x + reach, y);
    context.lineTo(x, y + reach);
    context.lineTo(x - reach, y);
    context.closePath();
  } else {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

export function addCross(context: CanvasRenderingContext2D, x: number, y: number, half: number): void {
  context.moveTo(x - half, y - half);
  context.lineTo(x + half, y + half);
  context.moveTo(x + half, y - half);
  context.lineTo(x - half, y + half);
}

/** Somebody in a wheelchair, `half` above and below the point, in the present fill and stroke colours. */
export function drawWheelchair(context: CanvasRenderingContext2D, x: number, y: number, half: number): void {
  context.save();
  context.translate(x, y);
  context.scale(half, half);
  context.lineWidth = 0.26;
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  context.arc(-0.22, -0.82, 0.2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  // Back, seat, leg, foot.
  context.moveTo(-0.22, -0.46);
  context.lineTo(-0.16, 0.08);
  context.lineTo(0.34, 0.08);
  context.lineTo(0.56, 0.66);
  context.lineTo(0.8, 0.6);
  context.moveTo(-0.18, -0.18);
  context.lineTo(0.26, -0.18);
  context.stroke();
  context.beginPath();
  context.arc(-0.12, 0.36, 0.52, -2.3, 0.9, true);
  context.stroke();
  context.restore();
}
