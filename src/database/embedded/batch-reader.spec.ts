import { BatchReader } from './batch-reader';

const message = (type: string, body = ''): Buffer => {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body)]);
};
const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
const bytes = Buffer.concat([
  startup,
  message('P', 'parse'),
  message('B', 'bind'),
  message('S'),
  message('Q', 'query'),
  message('X'),
]);

describe('BatchReader', () => {
  it.each([1, 3, 7, bytes.length])('cuts whole batches out of chunks of %d bytes', (size) => {
    const reader = new BatchReader();
    const batches: (string | Uint8Array)[] = [];
    for (let at = 0; at < bytes.length; at += size) batches.push(...reader.push(bytes.subarray(at, at + size)));
    const texts = batches.map((batch) => (typeof batch === 'string' ? batch : Buffer.from(batch).toString('latin1')));
    const extended = Buffer.concat([message('P', 'parse'), message('B', 'bind'), message('S')]).toString('latin1');
    expect(texts).toEqual(['startup', extended, message('Q', 'query').toString('latin1')]);
  });
});
