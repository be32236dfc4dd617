import { run } from './run.js';
import { svgMap } from './svg-map.js';

/** As d3-zoom and svg-pan-zoom move a map. */
run(svgMap('group'));
