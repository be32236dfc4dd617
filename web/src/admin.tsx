import { render } from 'preact';
import { App } from './admin/app.js';
import { byId } from './shared/dom.js';

render(<App />, byId('app', HTMLElement));
