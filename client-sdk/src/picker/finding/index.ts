export { Announcer } from './announcer.js';
export { LiveRegions, Toasts } from './live-regions.js';
export type { FindingProps, MapWays } from './props.js';
export { SeatList, type SeatListProps } from './seat-list.js';
export { findingCss } from './styles.js';
