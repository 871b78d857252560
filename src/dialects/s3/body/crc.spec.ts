import { Crc32c, Crc64Nvme } from './crc';

const NINE = Buffer.from('123456789');

it.each([
  ['CRC-32C', () => new Crc32c(), 'e3069283'],
  ['CRC-64/NVME', () => new Crc64Nvme(), 'ae8b14860a799888'],
])('%s has the check value of its definition, in pieces too', (_name, create, check) => {
  const [whole, pieces] = [create(), create()];
  whole.update(NINE);
  for (const byte of NINE) pieces.update(Buffer.of(byte));
  expect(whole.digest().toString('hex')).toBe(check);
  expect(pieces.digest().toString('hex')).toBe(check);
});
