import type { IncomingMessage } from 'node:http';
import { newId } from '../../common/ids';

/** 255 code points of four bytes, each percent-encoded. */
export const MAX_PARAM_LENGTH = 255 * 12;

const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The id that the client gave, where it is a sane one; otherwise a new one. */
export const requestIdOf = (request: IncomingMessage): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : newId();
};
