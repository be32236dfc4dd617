import { render } from 'preact';
import { App } from './box-office/app.js';

const root = document.getElementById('box-office');
if (root === null) throw new Error('The page has no #box-office.');
render(<App />, root);
