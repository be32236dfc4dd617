/** All that the first sight of the map does without, in one file: see later-extras.ts. */
export * from '../finding/lists.js';
export { Minimap } from '../map/minimap.js';
export { ChoiceCard, FocusCard, HoverCard } from '../panels/place-card.js';
export { cardsCss } from './styles/cards.js';
