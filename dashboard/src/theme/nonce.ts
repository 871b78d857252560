declare global {
  /** Where libraries that make style elements look for the nonce of the page. */
  var __webpack_nonce__: string | undefined;
}

/** The nonce of this page: styles that are made at run time carry it. */
export const styleNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** To be called before anything is drawn: a window that opens stops the page behind it from scrolling by such a style. */
export function shareStyleNonce(): void {
  globalThis.__webpack_nonce__ = styleNonce();
}
