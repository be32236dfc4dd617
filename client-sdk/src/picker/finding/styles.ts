/** For adoptedStyleSheets of the element's shadow root. */
export const findingCss = `
.f-unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
