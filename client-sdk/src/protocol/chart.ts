import { z } from 'zod';
import { categoryKeySchema, placeIdSchema, sectionKeySchema } from './ids.js';

/** 1 to 200,000 places to sit or stand (areas count their capacity). */
export const MAX_PLACES = 200_000;

const coordinate = z.number().min(-1e9).max(1e9);
export const pointSchema = z.strictObject({ x: coordinate, y: coordinate });
const extra = z.record(z.string(), z.unknown());

export const categorySchema = z.strictObject({
  // Prices are an object by these keys, and that one name no object can have.
  key: categoryKeySchema.refine((key) => key !== '__proto__', 'is a word of the language; choose another key'),
  label: z.string().max(200),
  color: z.string().max(64).optional(),
  extra: extra.optional(),
});
export const sectionSchema = z.strictObject({
  key: sectionKeySchema,
  label: z.string().max(200),
  entrance: z.string().max(200).optional(),
  focalPoint: pointSchema.optional(),
  /** Corners of the section's outline, for drawing. */
  outline: z.array(pointSchema).max(1000).optional(),
  extra: extra.optional(),
});
export const chartSeatSchema = z.strictObject({
  id: placeIdSchema,
  section: sectionKeySchema.optional(),
  row: z.string().max(64).optional(),
  number: z.string().max(64).optional(),
  x: coordinate,
  y: coordinate,
  category: categoryKeySchema,
  accessible: z.boolean().optional(),
  companion: z.boolean().optional(),
  restrictedView: z.boolean().optional(),
  entrance: z.string().max(200).optional(),
  extra: extra.optional(),
});
export const chartAreaSchema = z.strictObject({
  id: placeIdSchema,
  label: z.string().max(200),
  section: sectionKeySchema.optional(),
  category: categoryKeySchema,
  capacity: z.int().min(1).max(MAX_PLACES),
  x: coordinate,
  y: coordinate,
  width: z.number().min(0).max(1e9),
  height: z.number().min(0).max(1e9),
  /** Where it is no plain rectangle: its corners; or an ellipse inscribed in the rectangle. */
  outline: z.array(pointSchema).max(1000).optional(),
  ellipse: z.boolean().optional(),
  rotation: z.number().min(-360).max(360).optional(),
  entrance: z.string().max(200).optional(),
  extra: extra.optional(),
});
export const chartShapeSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('rect'),
    x: coordinate,
    y: coordinate,
    width: z.number().min(0),
    height: z.number().min(0),
    rotation: z.number().optional(),
    radius: z.number().min(0).optional(),
    fill: z.string().max(64).optional(),
    stroke: z.string().max(64).optional(),
    label: z.string().max(200).optional(),
    role: z.string().max(32).optional(),
  }),
  z.strictObject({
    type: z.literal('ellipse'),
    x: coordinate,
    y: coordinate,
    rx: z.number().min(0),
    ry: z.number().min(0),
    rotation: z.number().optional(),
    fill: z.string().max(64).optional(),
    stroke: z.string().max(64).optional(),
    label: z.string().max(200).optional(),
    role: z.string().max(32).optional(),
  }),
  z.strictObject({
    type: z.literal('polygon'),
    points: z.array(pointSchema).min(2).max(5000),
    closed: z.boolean().optional(),
    fill: z.string().max(64).optional(),
    stroke: z.string().max(64).optional(),
    label: z.string().max(200).optional(),
    role: z.string().max(32).optional(),
  }),
  z.strictObject({
    type: z.literal('text'),
    x: coordinate,
    y: coordinate,
    text: z.string().max(500),
    size: z.number().min(0).optional(),
    rotation: z.number().optional(),
    fill: z.string().max(64).optional(),
    role: z.string().max(32).optional(),
  }),
]);
/** aisle-chart/1. seatNo is the position in `seats` from 0, areaNo the position in `areas`. Rects are placed by their centre-free top-left corner, ellipses by their centre. */
export const chartSchema = z.strictObject({
  format: z.literal('aisle-chart/1'),
  name: z.string().max(200),
  categories: z.array(categorySchema).min(1).max(1000),
  sections: z.array(sectionSchema).max(5000).default([]),
  seats: z.array(chartSeatSchema).max(MAX_PLACES).default([]),
  areas: z.array(chartAreaSchema).max(1000).default([]),
  focalPoint: pointSchema.optional(),
  shapes: z.array(chartShapeSchema).max(20_000).default([]),
  extra: extra.optional(),
});

export type Point = z.infer<typeof pointSchema>;
export type ChartCategory = z.infer<typeof categorySchema>;
export type ChartSection = z.infer<typeof sectionSchema>;
export type ChartSeat = z.infer<typeof chartSeatSchema>;
export type ChartArea = z.infer<typeof chartAreaSchema>;
export type ChartShape = z.infer<typeof chartShapeSchema>;
export type Chart = z.infer<typeof chartSchema>;
