import { defineSeatMap } from './element/define-seat-map.js';

export * from './index.js';
defineSeatMap();
