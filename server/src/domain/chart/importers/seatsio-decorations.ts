import type { ChartShape, Point } from '@aisle/client/protocol';
import { clip, labelled, type ChartDraft } from './draft.js';
import { placed, type Placing } from './geometry.js';
import { fieldsOf, finiteOf, listOf, pointOf, pointsOf, textOf, type Fields } from './read.js';
import { outlineOfShape } from './seatsio-outline.js';

const MAX_TEXT_CHARS = 500;
const MAX_ROLE_CHARS = 32;
const DEFAULT_TEXT_SIZE = 16;

/** Shapes and texts of a floor or section, as far as they can be understood. Answers the middle of a stage. */
export function readDecorations(draft: ChartDraft, chart: Fields, at: Placing): Point | undefined {
  let stage: Point | undefined;
  for (const item of listOf(chart.shapes)) {
    const shape = fieldsOf(item);
    const drawn = drawnShape(shape, at);
    if (drawn === undefined) {
      draft.note('decorations of an unknown kind are left out', textOf(shape.type));
      continue;
    }
    draft.addShape(drawn);
    const centre = pointOf(shape.center);
    if (shape.smartType === 'stage' && centre !== undefined) stage ??= placed(centre, at);
  }
  for (const item of listOf(chart.texts)) readText(draft, fieldsOf(item), at);
  if (listOf(chart.imageObjects).length > 0) draft.note('images are not taken over');
  return stage;
}

function drawnShape(shape: Fields, at: Placing): ChartShape | undefined {
  const label = textOf(shape.label);
  const fill = colour(shape.fillColor);
  const stroke = colour(shape.strokeColor);
  const look = {
    ...(fill === undefined ? {} : { fill }),
    ...(stroke === undefined ? {} : { stroke }),
    ...(label === undefined ? {} : { label: labelled(label) }),
    role: clip(textOf(shape.smartType) ?? 'shape', MAX_ROLE_CHARS),
  };
  const points = pointsOf(shape.points);
  if (shape.type === 'line' || shape.type === 'polyline') {
    return points.length < 2
      ? undefined
      : { type: 'polygon', points: points.map((p) => placed(p, at)), closed: false, ...look };
  }
  const outline = outlineOfShape(shape, at);
  if (outline === undefined) return undefined;
  const { x, y, width, height } = outline;
  if (outline.outline !== undefined) return { type: 'polygon', points: outline.outline, closed: true, ...look };
  if (outline.ellipse)
    return { type: 'ellipse', x: x + width / 2, y: y + height / 2, rx: width / 2, ry: height / 2, ...look };
  const radius = Math.max(0, finiteOf(shape.cornerRadius) ?? 0);
  return { type: 'rect', x, y, width, height, ...(radius > 0 ? { radius: radius * at.scale } : {}), ...look };
}

function readText(draft: ChartDraft, text: Fields, at: Placing): void {
  const words = textOf(text.text) ?? textOf(text.label);
  const centre = pointOf(text.center) ?? pointOf(text);
  if (words === undefined || centre === undefined) return;
  const size = finiteOf(text.fontSize) ?? finiteOf(text.size) ?? finiteOf(text.labelSize) ?? DEFAULT_TEXT_SIZE;
  const rotation = finiteOf(text.rotationAngle);
  const fill = colour(text.textColor) ?? colour(text.color);
  draft.addShape({
    type: 'text',
    ...placed(centre, at),
    text: clip(words, MAX_TEXT_CHARS),
    size: Math.max(0, size) * at.scale,
    ...(rotation === undefined ? {} : { rotation }),
    ...(fill === undefined ? {} : { fill }),
    role: 'text',
  });
}

/** The table top under its chairs. */
export function readTableShape(draft: ChartDraft, table: Fields, at: Placing): void {
  const outline = outlineOfShape(table, at);
  if (outline === undefined) return;
  const { x, y, width, height } = outline;
  const look = { fill: '#e8e8ec', stroke: '#b8b8c0', label: labelled(textOf(table.label) ?? ''), role: 'table' };
  if (outline.outline !== undefined)
    draft.addShape({ type: 'polygon', points: outline.outline, closed: true, ...look });
  else if (outline.ellipse)
    draft.addShape({ type: 'ellipse', x: x + width / 2, y: y + height / 2, rx: width / 2, ry: height / 2, ...look });
  else draft.addShape({ type: 'rect', x, y, width, height, ...look });
}

const MAX_COLOUR_CHARS = 64;
function colour(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : clip(text, MAX_COLOUR_CHARS);
}
