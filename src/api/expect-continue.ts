import type { IncomingMessage, Server, ServerResponse } from 'node:http';

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** `Expect: 100-continue` is answered by whoever wants the body, and not before: Node would answer it to anybody. */
export const holdContinue = (server: Server): void => {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    server.emit('request', request, response);
  });
};

/** To be called before a body is read. */
export const inviteBody = (request: IncomingMessage): void => {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
};

/** Whether the client still waits for a word before it sends its body. */
export const waitsToSend = (request: IncomingMessage): boolean => waiting.has(request);
