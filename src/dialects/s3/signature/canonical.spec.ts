import { createHash } from 'node:crypto';
import { ChunkSignatures } from '../body/payload';
import { targetOf } from '../target';
import { canonicalRequest, sha256Hex, signatureOf, signingKey } from './canonical';

/** The examples of AWS's documentation of Signature Version 4. */
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TIME = '20130524T000000Z';
const SCOPE = { day: '20130524', region: 'us-east-1' };
const KEY = signingKey(SECRET, SCOPE);
const HOST = ['examplebucket.s3.amazonaws.com'];
const EMPTY = sha256Hex('');

const signed = (method: string, url: string, headers: [string, string[]][], payloadHash = EMPTY): string => {
  const all = new Map(headers);
  const signedHeaders = [...all.keys()].sort();
  const target = targetOf(url, '');
  return signatureOf(KEY, TIME, SCOPE, canonicalRequest({ method, target, headers: all, signedHeaders, payloadHash }));
};

const common: [string, string[]][] = [
  ['host', HOST],
  ['x-amz-content-sha256', [EMPTY]],
  ['x-amz-date', [TIME]],
];

describe('signatures', () => {
  it('are those of the documentation', () => {
    expect(signed('GET', '/test.txt', [...common, ['range', ['bytes=0-9']]])).toBe(
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
    expect(signed('GET', '/?lifecycle', common)).toBe(
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    );
    expect(signed('GET', '/?prefix=J&max-keys=2', common)).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    );
  });

  it('of chunks are, too', () => {
    const signature = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
    const chunks = new ChunkSignatures({ key: KEY, time: TIME, scope: SCOPE, signature });
    const hashOf = (size: number) => createHash('sha256').update('a'.repeat(size)).digest('hex');
    expect([65_536, 1_024, 0].map((size) => chunks.next(hashOf(size)))).toEqual([
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ]);
  });

  it('cover each value, each repetition and the end of each name', () => {
    const of = (url: string) => signed('GET', url, common);
    expect(of('/b?a=1&a=2')).toBe(of('/b?a=2&a=1'));
    expect(of('/b?a=1&a=1')).not.toBe(of('/b?a=1'));
    expect(of('/b?a=1&b')).not.toBe(of('/b?a=1b'));
    expect(of('/b/a%2Bb')).toBe(of('/b/a+b'));
    expect(of('/b/a%2520b')).not.toBe(of('/b/a%20b'));
    expect(of('/b//c')).not.toBe(of('/b/c'));
    expect(of('/b/../c')).not.toBe(of('/c'));
  });
});
