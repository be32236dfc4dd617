import { launch } from './launch.js';

/** `node dist/launcher/src/main.js`: what npm start runs once the machine is ready and the build is made. */
process.exit(await launch({ env: process.env, verbose: process.argv.includes('--verbose') }));
