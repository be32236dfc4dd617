import { adapted, contrast, text as colourText, type Rgb } from './colours.js';
import { inkOn, parseColour } from './css-colours.js';

/** Colours of the map, read from the page's custom properties so that light, dark and a host's own colours apply alike. */
export interface MapTheme {
  readonly ground: string;
  readonly plate: string;
  readonly plateEdge: string;
  readonly shape: string;
  readonly shapeEdge: string;
  readonly ink: string;
  readonly muted: string;
  readonly held: string;
  readonly sold: string;
  readonly mine: string;
  readonly onMine: string;
  readonly focus: string;
  readonly font: string;
  /** Of the seats: the chart's own colours, or a palette that stays apart for colour-blind eyes. */
  readonly palette: 'chart' | 'safe';
}

/** `auto`: as the device is set. */
export interface ThemeChoice {
  readonly scheme: 'auto' | 'light' | 'dark';
  readonly palette: 'chart' | 'safe';
}

type ColourName = Exclude<keyof MapTheme, 'font' | 'palette'>;
/** A host sets `--aisle-map-ground` and so on; these hold where it does not. */
const PROPERTIES: Readonly<Record<ColourName, string>> = {
  ground: 'ground',
  plate: 'plate',
  plateEdge: 'plate-edge',
  shape: 'shape',
  shapeEdge: 'shape-edge',
  ink: 'ink',
  muted: 'muted',
  held: 'held',
  sold: 'sold',
  mine: 'mine',
  onMine: 'on-mine',
  focus: 'focus',
};
const DEFAULTS: Readonly<Record<'light' | 'dark', Readonly<Record<ColourName, string>>>> = {
  light: {
    ground: '#eeece7',
    plate: '#fbfaf8',
    plateEdge: '#cfcac0',
    shape: '#e1ded6',
    shapeEdge: '#c2bdb2',
    ink: '#15181e',
    muted: '#555c6a',
    held: '#767c88',
    sold: '#8b909a',
    mine: '#15181e',
    onMine: '#ffffff',
    focus: '#1d4fd7',
  },
  dark: {
    ground: '#0b0e12',
    plate: '#1a1f27',
    plateEdge: '#3a4350',
    shape: '#232a34',
    shapeEdge: '#3f4957',
    ink: '#edf0f5',
    muted: '#a0a9b8',
    held: '#8c95a3',
    sold: '#6d7684',
    mine: '#ffffff',
    onMine: '#10131a',
    focus: '#8fb3ff',
  },
};

/** WCAG 2.2: what carries meaning stands out from its ground by this much, text by more. */
const GRAPHICS_CONTRAST = 3;
const TEXT_CONTRAST = 4.5;

export function readTheme(element: Element, choice: ThemeChoice): MapTheme {
  const style = getComputedStyle(element);
  const dark = choice.scheme === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : choice.scheme === 'dark';
  const defaults = DEFAULTS[dark ? 'dark' : 'light'];
  const read = (name: ColourName): string => {
    const given = style.getPropertyValue(`--aisle-map-${PROPERTIES[name]}`).trim();
    return given !== '' && CSS.supports('color', given) ? given : defaults[name];
  };
  const plate = read('plate');
  const ground = read('ground');
  // A host's own colours may be too faint on its own ground; they are moved only as far as needed.
  const visible = (name: ColourName, least: number): string => onBoth(read(name), ground, plate, least);
  const mine = visible('mine', GRAPHICS_CONTRAST);
  return {
    ground,
    plate,
    plateEdge: read('plateEdge'),
    shape: read('shape'),
    shapeEdge: read('shapeEdge'),
    ink: visible('ink', TEXT_CONTRAST),
    muted: visible('muted', TEXT_CONTRAST),
    held: visible('held', GRAPHICS_CONTRAST),
    sold: visible('sold', GRAPHICS_CONTRAST),
    mine,
    onMine:
      contrast(parseColour(read('onMine')), parseColour(mine)) >= GRAPHICS_CONTRAST ? read('onMine') : inkOn(mine),
    focus: visible('focus', GRAPHICS_CONTRAST),
    font: style.fontFamily || 'sans-serif',
    palette: choice.palette,
  };
}

function onBoth(colour: string, ground: string, plate: string, least: number): string {
  const grounds = [parseColour(ground), parseColour(plate)];
  const given = parseColour(colour);
  return grounds.every((under) => contrast(given, under) >= least)
    ? colour
    : colourText(adapted(given, grounds, least));
}

/** Where a chart gives no colour, or one that is not CSS: twelve that stay apart for most colour-blind eyes. */
const FALLBACK_COLOURS = [
  '#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377',
  '#ee7733', '#0077bb', '#33bbee', '#cc3311', '#009988', '#ee3377',
]; // prettier-ignore
/** Okabe and Ito's eight, in an order that keeps the first few as far apart in lightness as in hue. */
const SAFE_COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#5c4a9c', '#b8a800'];

/** A colour a chart gives, if the browser can read it; whether it can be told from its ground is not looked at. */
export function categoryColour(given: string | undefined, position: number): string {
  if (given !== undefined && CSS.supports('color', given)) return given;
  return FALLBACK_COLOURS[position % FALLBACK_COLOURS.length] ?? '#4477aa';
}

/** The colour of each category's seats: at least 3:1 on what they stand on. For the legend as well. */
export function categoryColours(
  categories: readonly { readonly color?: string | undefined }[],
  theme: MapTheme,
): string[] {
  const grounds: Rgb[] = [parseColour(theme.ground), parseColour(theme.plate)];
  return categories.map(({ color }, position) => {
    const safe = SAFE_COLOURS[position % SAFE_COLOURS.length] ?? '#0072b2';
    const chosen = parseColour(theme.palette === 'safe' ? safe : categoryColour(color, position));
    return colourText(adapted(chosen, grounds, GRAPHICS_CONTRAST));
  });
}
