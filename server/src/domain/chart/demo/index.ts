export { demoArena } from './arena.js';
export { demoTheatre } from './theatre.js';
