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
}

/** Where a chart gives no colour, or one that is not CSS: twelve that stay apart for most colour-blind eyes. */
const FALLBACK_COLOURS = [
  '#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377',
  '#ee7733', '#0077bb', '#33bbee', '#cc3311', '#009988', '#ee3377',
]; // prettier-ignore

export function readTheme(element: HTMLElement): MapTheme {
  const style = getComputedStyle(element);
  const read = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback;
  return {
    ground: read('--map-ground', '#ffffff'),
    plate: read('--map-plate', '#eeeeee'),
    plateEdge: read('--map-plate-edge', '#dddddd'),
    shape: read('--map-shape', '#e4e4e4'),
    shapeEdge: read('--map-shape-edge', '#cccccc'),
    ink: read('--map-ink', '#111111'),
    muted: read('--map-muted', '#666666'),
    held: read('--map-held', '#8a8a8a'),
    sold: read('--map-sold', '#b8b8b8'),
    mine: read('--map-mine', '#111111'),
    onMine: read('--map-on-mine', '#ffffff'),
    focus: read('--map-focus', '#0b57d0'),
    font: style.fontFamily || 'sans-serif',
  };
}

/** A colour a chart gives, if the browser can read it. */
export function categoryColour(given: string | undefined, position: number): string {
  if (given !== undefined && CSS.supports('color', given)) return given;
  return FALLBACK_COLOURS[position % FALLBACK_COLOURS.length] ?? '#4477aa';
}

/** Black or white, whichever reads better on the colour (WCAG relative luminance, crossover at 0.179). */
export function inkOn(colour: string): string {
  const probe = document.createElement('canvas');
  probe.width = probe.height = 1;
  const context = probe.getContext('2d');
  if (context === null) return '#000000';
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  const linear = (channel: number): number => {
    const part = channel / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > 0.179 ? '#10131a' : '#ffffff';
}
