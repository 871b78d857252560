/** The least that anything between a client and an S3 store can do: pipe an object through, unchecked. Run as a process. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Client, type ClientOptions } from 'minio';

const { BARE_PROXY_STORE: store = '{}', BARE_PROXY_BUCKET: bucket = '' } = process.env;
const client = new Client(JSON.parse(store) as ClientOptions);

async function pass(key: string, response: ServerResponse): Promise<void> {
  const object = await client.getObject(bucket, key);
  const { headers } = object as typeof object & { readonly headers: Record<string, string> };
  response.writeHead(200, { 'content-length': headers['content-length'] });
  await pipeline(object, response);
}

const server = createServer((request, response) => {
  pass((request.url ?? '/').slice(1), response).catch((error: Error) => response.destroy(error));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// Ends with whoever measures.
process.once('disconnect', () => process.exit(0));
