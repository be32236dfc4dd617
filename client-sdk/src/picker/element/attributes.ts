import { AisleError } from '../../protocol/errors.js';
import type { CheckMode, SeatStanding } from '../model.js';

/** What the element's attributes say, read and checked. */
export interface Attributes {
  readonly event: string | undefined;
  readonly src: string | undefined;
  readonly theme: 'auto' | 'light' | 'dark';
  readonly palette: 'chart' | 'safe';
  readonly mode: 'buy' | 'select';
  readonly selectable: ReadonlySet<SeatStanding>;
  readonly maxPlaces: number | undefined;
  readonly orphans: CheckMode;
  readonly together: CheckMode;
  readonly checkoutLabel: string | undefined;
}

const THEMES = ['auto', 'light', 'dark'] as const;
const PALETTES = ['chart', 'safe'] as const;
const MODES = ['buy', 'select'] as const;
const CHECKS = ['off', 'warn', 'strict'] as const;
/** As the server names the states, and as the model does. */
const STANDINGS: Readonly<Record<string, SeatStanding>> = {
  available: 'free',
  free: 'free',
  held: 'held',
  reserved: 'reserved',
  sold: 'sold',
  blocked: 'blocked',
};

/** Another of these is another picker: it is opened anew. */
export const REOPENING = ['event', 'src', 'lang', 'mode', 'selectable', 'max-places', 'orphans', 'together'] as const;
export const OBSERVED = [...REOPENING, 'theme', 'palette', 'checkout-label', 'dir'] as const;

/** Reads them all; what means nothing is told to `fault`, and the default holds. */
export function readAttributes(element: Element, fault: (error: AisleError) => void): Attributes {
  const text = (name: string): string | undefined => {
    const value = element.getAttribute(name)?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T => {
    const value = text(name);
    if (value === undefined) return otherwise;
    const known = allowed.find((one) => one === value);
    if (known === undefined) fault(badAttribute(name, value, `one of ${allowed.join(', ')}`));
    return known ?? otherwise;
  };
  return {
    event: text('event'),
    src: text('src'),
    theme: oneOf('theme', THEMES, 'auto'),
    palette: oneOf('palette', PALETTES, 'chart'),
    mode: oneOf('mode', MODES, 'buy'),
    selectable: readSelectable(text('selectable'), fault),
    maxPlaces: readMaxPlaces(text('max-places'), fault),
    orphans: oneOf('orphans', CHECKS, 'off'),
    together: oneOf('together', CHECKS, 'off'),
    checkoutLabel: text('checkout-label'),
  };
}

function readSelectable(value: string | undefined, fault: (error: AisleError) => void): ReadonlySet<SeatStanding> {
  if (value === undefined) return new Set(['free']);
  const words = value.split(/[\s,]+/);
  const known = words.map((word) => (Object.hasOwn(STANDINGS, word) ? STANDINGS[word] : undefined));
  if (known.includes(undefined))
    fault(badAttribute('selectable', value, 'a list of available, held, reserved, sold, blocked'));
  return new Set(known.filter((standing) => standing !== undefined));
}

function readMaxPlaces(value: string | undefined, fault: (error: AisleError) => void): number | undefined {
  if (value === undefined) return undefined;
  const places = Number(value);
  if (Number.isInteger(places) && places >= 1) return places;
  fault(badAttribute('max-places', value, 'a whole number from 1'));
  return undefined;
}

const badAttribute = (name: string, value: string, wanted: string): AisleError =>
  AisleError.of('INVALID_REQUEST', {
    message: `<aisle-seat-map ${name}="${value}"> is not ${wanted}.`,
    remediation: `Mend the attribute ${name}; until then its default holds.`,
    details: { faults: [{ path: name, message: `not ${wanted}` }] },
  });
