/** For adoptedStyleSheets of the element's shadow root; its tokens are the element's. */
export const findingCss = `
.coming { display: grid; gap: 8px; justify-items: center; padding: 24px 12px; color: var(--a-muted); text-align: center; }
.f-find { display: block; min-inline-size: 0; }
.f-quick { flex: none; min-inline-size: 44px; padding: 0 10px; font-size: 14px; }
.f-quick span { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.f-quick[aria-pressed='true'] { border-color: var(--a-accent); background: var(--a-accent); color: var(--a-on-accent); }
@container aisle (min-width: 560px) { .f-quick span { position: static; inline-size: auto; block-size: auto; clip-path: none; } }

.f-skip { position: absolute; inset-block-start: 0; inset-inline: 0; z-index: 8; display: flex; flex-wrap: wrap; gap: 8px; padding: 8px; border-block-end: 1px solid var(--a-line);
  background: var(--a-surface); box-shadow: var(--a-shadow); }
.f-skip:not(:focus-within) { inline-size: 1px; block-size: 1px; padding: 0; border: 0; overflow: hidden; clip-path: inset(50%); }

.f-toast:not(:last-child) { display: none; }
.f-toasts { position: absolute; inset-block-end: 72px; inset-inline: 12px; z-index: 6; display: grid; gap: 8px; justify-items: center; pointer-events: none; }
.f-toast { display: flex; gap: 8px; align-items: flex-start; inline-size: min(440px, 100%); padding: 8px 6px 8px 16px; border-inline-start: 5px solid var(--a-muted); border-radius: var(--a-radius);
  background: var(--a-ink); box-shadow: var(--a-shadow); color: var(--a-surface); font-size: 15px; line-height: 1.4; pointer-events: auto; }
.f-toast[data-tone='good'] { border-color: #2f9e6f; }
.f-toast[data-tone='warn'] { border-color: #e0922f; }
.f-toast[data-tone='bad'] { border-color: #e5564b; }
.f-toast p { flex: 1; padding-block: 7px; overflow-wrap: anywhere; }
.f-toast small { display: block; font-size: 14px; }
.f-toast button { inline-size: 44px; block-size: 44px; }
.f-toast button:hover { background: transparent; }
.f-toast button:focus-visible { outline-color: currentcolor; outline-offset: -4px; }
@container aisle (min-width: 760px) {
  .f-toast:not(:last-child) { display: flex; }
  .f-toasts { inset-block-end: 16px; inset-inline-end: calc(var(--a-panel-width) + 12px); }
  .frame[data-mode='select'] .f-toasts { inset-inline-end: 12px; }
}
@media (forced-colors: active) {
  .f-quick[aria-pressed='true'], .f-toast { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;
