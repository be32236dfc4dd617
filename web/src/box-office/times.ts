/** Today by the clock, else with its date: "14:03", "3 May, 14:03". */
export function moment(at: string): string {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return at;
  const today = then.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(navigator.language.startsWith('en') ? navigator.language : 'en-GB', {
    ...(today ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    ...(today ? { second: '2-digit' } : {}),
  }).format(then);
}
