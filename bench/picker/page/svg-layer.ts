import { run } from './run.js';
import { svgMap } from './svg-map.js';

/** The map moved as a layer of its own by the browser's compositor. */
run(svgMap('layer'));
