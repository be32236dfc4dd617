import type { Chart, Prices } from '@aisle/client/protocol';
import { amountHint, moneyInput, parseMoney } from '../kit/money.js';

/** A ticket type as it stands in the form: amounts as typed. */
export interface TypeDraft {
  /** The same over edits, so that a row keeps its inputs. */
  readonly id: number;
  /** What orders and the API call it; '' for one that is new. */
  readonly key: string;
  readonly label: string;
  readonly price: string;
  readonly fee: string;
  readonly tax: string;
}
export type PricesDraft = Readonly<Record<string, readonly TypeDraft[]>>;

let lastId = 0;
export const newType = (fields: Partial<TypeDraft> = {}): TypeDraft => ({
  ...{ id: ++lastId, key: '', label: '', price: '', fee: '', tax: '' },
  ...fields,
});

export const emptyPrices = (chart: Chart): PricesDraft =>
  Object.fromEntries(chart.categories.map(({ key }) => [key, [newType()]]));

/** What the event has, as amounts to be typed over. Categories without a price get an empty one. */
export function draftOf(prices: Prices, categories: readonly string[], currency: string): PricesDraft {
  const money = (minor: number | undefined): string => (minor === undefined ? '' : moneyInput(minor, currency));
  return Object.fromEntries(
    categories.map((category) => {
      const price = Object.hasOwn(prices, category) ? prices[category] : undefined;
      if (price === undefined) return [category, [newType()]];
      if (typeof price === 'number') return [category, [newType({ price: money(price) })]];
      const types = price.ticketTypes.map(({ key, label, minor, feeMinor, taxMinor }) =>
        newType({ key, label, price: money(minor), fee: money(feeMinor), tax: money(taxMinor) }),
      );
      return [category, types];
    }),
  );
}

/** The prices as the server takes them; `faults` by path as the server would name them. */
export function pricesOf(
  draft: PricesDraft,
  currency: string,
): { readonly prices: Prices; readonly faults: Readonly<Record<string, string>> } {
  const faults: Record<string, string> = {};
  const prices: Prices = {};
  const amount = (text: string, path: string): number => {
    const minor = parseMoney(text, currency);
    if (minor === undefined) faults[path] = amountHint(currency);
    return minor ?? 0;
  };
  for (const [category, types] of Object.entries(draft)) {
    const at = (index: number, field: string): string => `prices.${category}.ticketTypes.${index}.${field}`;
    const keys = keysOf(types);
    const read = types.map(({ label, price, fee, tax }, index) => {
      if (price.trim() === '') faults[at(index, 'minor')] = 'Every category needs a price. Free of charge is 0.';
      if (types.length > 1 && label.trim() === '') faults[at(index, 'label')] = 'Name it: buyers choose by this.';
      return {
        key: keys[index] ?? '',
        label: label.trim() === '' ? 'Standard' : label.trim(),
        minor: price.trim() === '' ? 0 : amount(price, at(index, 'minor')),
        ...(fee.trim() === '' ? {} : { feeMinor: amount(fee, at(index, 'feeMinor')) }),
        ...(tax.trim() === '' ? {} : { taxMinor: amount(tax, at(index, 'taxMinor')) }),
      };
    });
    const [only, more] = types;
    const [first] = read;
    const plain =
      more === undefined &&
      only?.key === '' &&
      only.label.trim() === '' &&
      only.fee.trim() === '' &&
      only.tax.trim() === '';
    prices[category] = plain && first !== undefined ? first.minor : { ticketTypes: read };
  }
  return { prices, faults };
}

/** A type that has a key keeps it, whatever it is called now: orders name it so. */
function keysOf(types: readonly TypeDraft[]): string[] {
  const taken = new Set(types.flatMap(({ key }) => (key === '' ? [] : [key])));
  return types.map(({ key, label }) => {
    if (key !== '') return key;
    const plain = label.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
    const base =
      plain
        .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
        .replaceAll(/^-|-$/g, '')
        .slice(0, 56) || 'standard';
    let made = base;
    for (let n = 2; taken.has(made); n++) made = `${base}-${n}`;
    taken.add(made);
    return made;
  });
}

/** Ticket types that were saved meanwhile keep the key that they were saved under, whatever they are called by now. */
export function keyed(draft: PricesDraft, sent: PricesDraft, { prices }: { readonly prices: Prices }): PricesDraft {
  const entries = Object.entries(draft).map(([category, types]) => {
    // One plain price has no key.
    if (typeof prices[category] === 'number') return [category, types] as const;
    const before = sent[category] ?? [];
    const made = keysOf(before);
    const keyOf = ({ id, key }: TypeDraft): string => made[before.findIndex((type) => type.id === id)] ?? key;
    return [category, types.map((type) => ({ ...type, key: keyOf(type) }))] as const;
  });
  return Object.fromEntries(entries);
}

/** price + fee + tax, or undefined while one of them is no amount. */
export function totalOf({ price, fee, tax }: TypeDraft, currency: string): number | undefined {
  const parts = [price, fee.trim() === '' ? '0' : fee, tax.trim() === '' ? '0' : tax].map((text) =>
    parseMoney(text, currency),
  );
  return parts.some((part) => part === undefined)
    ? undefined
    : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}
