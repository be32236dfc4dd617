import { render } from 'preact';
import { App } from './admin/app.js';
import { byId } from './shared/dom.js';
import { ignoreStrayPresses } from './shared/double-press.js';

ignoreStrayPresses();
render(<App />, byId('app', HTMLElement));
