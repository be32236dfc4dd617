import { findingCss } from '../../finding/index.js';
import { frameCss } from './frame.js';
import { mapCss } from './map.js';
import { panelsCss } from './panels.js';
import { partsCss } from './parts.js';
import { tokensCss } from './tokens.js';

let sheets: readonly CSSStyleSheet[] | undefined;
/** Of all elements, for the looks of what is loaded later. */
let laterSheet: CSSStyleSheet | undefined;

/** One set for all elements of the page, made when the first is shown: text in a style element would need the policy's leave. */
export function styleSheets(): readonly CSSStyleSheet[] {
  sheets ??= [
    ...[tokensCss, partsCss, frameCss, mapCss, panelsCss, findingCss].map(sheetOf),
    (laterSheet ??= sheetOf('')),
  ];
  return sheets;
}

/** In all elements that there are and will be. */
export function setLaterStyles(text: string): void {
  (laterSheet ??= sheetOf('')).replaceSync(text);
}

function sheetOf(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
