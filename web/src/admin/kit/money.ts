/** Money as people type it, in the currency's own minor units. */
export function digitsOf(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    // Not three letters (yet).
    return 2;
  }
}

/** 4500 EUR → "45.00"; 4500 JPY → "4500". */
export function moneyInput(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

/** "45", "45.5", "45,00" → 4500; undefined: not an amount. A separator of thousands is none: "1,000" could be one or a thousand. */
export function parseMoney(text: string, currency: string): number | undefined {
  const digits = digitsOf(currency);
  const match = /^(\d{1,10})(?:[.,](\d+))?$/.exec(text.replaceAll(/[\s'’]/g, ''));
  if (match === null) return undefined;
  const [, whole = '', part = ''] = match;
  if (part.length > digits) return undefined;
  return Number(whole) * 10 ** digits + Number(part.padEnd(digits, '0') || '0');
}

export const amountHint = (currency: string): string =>
  digitsOf(currency) === 0 ? `A whole amount, such as 4500.` : `An amount such as ${moneyInput(4500, currency)}.`;
