export { announce, type Announcements } from './announce.js';
export { Announcer } from './announcer.js';
export { FindBox } from './find-box.js';
export { isFiltered } from './filter-facts.js';
export { LiveRegions, Toasts } from './live-regions.js';
export type { FindingProps, MapWays } from './props.js';
export { QuickNeeds, type QuickNeedsProps } from './quick-needs.js';
export { SkipLinks, type SkipLink } from './skip-links.js';
export { findingCss } from './styles.js';
