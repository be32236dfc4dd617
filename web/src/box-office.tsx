import { render } from 'preact';
import { App } from './box-office/app.js';
import { ignoreStrayPresses } from './shared/double-press.js';

const root = document.getElementById('box-office');
if (root === null) throw new Error('The page has no #box-office.');
ignoreStrayPresses();
render(<App />, root);
