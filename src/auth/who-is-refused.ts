import type { IncomingMessage } from 'node:http';
import type { AddressOf } from '../common/client-address';
import { claimedKeyId } from './authenticator';

/** For whoever looks for the one that tries keys: the address, and the id that a key claims, never the key. */
export const whoIsRefused = (request: IncomingMessage, addressOf: AddressOf): { client: string; key_id?: string } => {
  const keyId = claimedKeyId(request.headers);
  return { client: addressOf(request), ...(keyId === undefined ? {} : { key_id: keyId }) };
};
