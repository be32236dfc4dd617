import type { Catalogue } from '../catalogue.js';
import { buying } from './buying.js';
import { finding } from './finding.js';
import { panels } from './panels.js';
import { places } from './places.js';

export const messages: Catalogue = { places, panels, finding, buying };
