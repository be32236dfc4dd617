import { render } from 'preact';
import { byId } from './shared/dom.js';
import { Shop } from './shop/app.js';

render(<Shop />, byId('shop', HTMLElement));
