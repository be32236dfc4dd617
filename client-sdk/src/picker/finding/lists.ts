/** What nobody sees before asking for it: the element loads it later. */
export { Filters } from './filters.js';
export { FindResults, seatSearch } from './find-results.js';
export { KeysHelp } from './keys-help.js';
export { SeatList } from './seat-list.js';
export { listsCss } from './lists-styles.js';
