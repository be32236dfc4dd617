/** Names come from charts, events and other people's keyboards: what would move a terminal's cursor, or colour it, is shown as "·". */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·');
