/** What a `fetch` hands to its dispatcher, by the version of undici in Node: up to 7 (Node 20 to 24), and 8 (Node 26). */
export type FetchHandler = HandlerUpTo7 | HandlerFrom8;

interface HandlerUpTo7 {
  onConnect(abort: () => void): void;
  onHeaders(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(trailers: readonly Buffer[]): void;
  onError(error: Error): void;
}

interface Controller {
  readonly rawHeaders: readonly Buffer[];
  abort(): void;
  pause(): void;
  resume(): void;
}

interface HandlerFrom8 {
  onRequestStart(controller: Controller): void;
  onResponseStart(
    controller: Controller,
    status: number,
    headers: Readonly<Record<string, string>>,
    statusText: string,
  ): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(controller: Controller, trailers: object): void;
  onResponseError(controller: Controller, error: Error): void;
}

const HEADERS = { 'content-type': 'application/json' };
const RAW_HEADERS = Object.entries(HEADERS)
  .flat()
  .map((text) => Buffer.from(text));

/** Nothing to hold back or to end: the whole answer is here. */
const noop = (): void => undefined;
const CONTROLLER: Controller = { rawHeaders: RAW_HEADERS, abort: noop, pause: noop, resume: noop };

/** Hands a `fetch` its answer: 200, JSON, all of it at once. */
export function respond(handler: FetchHandler, body: string): void {
  const bytes = Buffer.from(body);
  if ('onRequestStart' in handler) {
    handler.onRequestStart(CONTROLLER);
    handler.onResponseStart(CONTROLLER, 200, HEADERS, 'OK');
    handler.onResponseData(CONTROLLER, bytes);
    handler.onResponseEnd(CONTROLLER, {});
    return;
  }
  handler.onConnect(noop);
  handler.onHeaders(200, RAW_HEADERS, noop, 'OK');
  handler.onData(bytes);
  handler.onComplete([]);
}

/** Ends a `fetch` without an answer. */
export function fail(handler: FetchHandler, error: Error): void {
  if ('onResponseError' in handler) handler.onResponseError(CONTROLLER, error);
  else if ('onError' in handler) handler.onError(error);
}
