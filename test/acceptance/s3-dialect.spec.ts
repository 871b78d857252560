import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Client } from 'minio';
import { freePort } from '../support/free-port';
import { clientOf } from '../support/http';
import { createS3Key, minioClient, sendRaw, Signer, timeOf, type S3Key, type Signed } from '../support/s3-dialect';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';
import { projectRoot } from '../support/stack-files';

/** An interpreter that has what `test/s3-dialect/requirements.txt` lists. */
const python = process.env.ZERODB_TEST_PYTHON;
/** Steps of `clients.py`, as MinIO answers them too. */
const WITH_BOTO3 = {
  'create again': '409 BucketAlreadyOwnedByYou',
  'head missing bucket': '404 404',
  'get ünïcode/✓.txt': 'True',
  "get (1)'!*~.txt": 'True',
  'get missing': '404 NoSuchKey',
  'put to a missing bucket': '404 NoSuchBucket',
  range: "(206, b'lai')",
  'range beyond': '416 InvalidRange',
  'if-match other': '412 PreconditionFailed',
  'if-none-match': '304 304',
  'create only': '412 PreconditionFailed',
  'replace if missing': '404 NoSuchKey',
  'wrong md5': '400 BadDigest',
  'invalid md5': '400 InvalidDigest',
  crc64nvme: '"25f9e794323b453885f5181f1b624d0b"',
  'bad was not stored': '404 404',
  pages: 'True',
  'pages of version 1': 'True',
  'wrong token': '400 InvalidArgument',
  'copy onto itself': '400 InvalidRequest',
  'download in ranges': 'True',
  'copy in parts': 'True',
  'wrong order': '400 InvalidPartOrder',
  'wrong tag': '400 InvalidPart',
  'too small': '400 EntityTooSmall',
  'part of what is completed': '404 NoSuchUpload',
  'presigned altered': "(403, 'SignatureDoesNotMatch')",
  'wrong secret': '403 SignatureDoesNotMatch',
  'unknown access key': '403 InvalidAccessKeyId',
  'delete bucket with objects': '409 BucketNotEmpty',
  'delete many': 'True',
  'all deleted': '([], [])',
  'delete bucket': '204',
};

const MIB = 1024 * 1024;
const ODD_KEYS = ['a b.txt', 'a+b', 'ünï/✓.txt', 'q?&=#%.txt', "(1)'!*~", '%41', 'a%2Fb', 'deep/er/x', '~/-_.'];
const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex');
const textOf = async (stream: AsyncIterable<unknown>): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
};

/** The product on its embedded engine; clients of S3, unmodified, and a signer of its own for what no client sends. */
describe("S3's dialect", () => {
  let server: TestServer;
  let port: number;
  let httpPort: number;
  let call: ReturnType<typeof clientOf>;
  let key: S3Key;
  let minio: Client;
  let aws: S3Client;
  let signer: Signer;

  const awsClient = (one: S3Key): S3Client =>
    new S3Client({
      endpoint: `${server.url}/s3`,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: { accessKeyId: one.id, secretAccessKey: one.secret },
      maxAttempts: 1,
    });
  const send = async (signed: Signed) => await signer.send(signed);
  const codeOf = async (signed: Signed): Promise<string | undefined> => (await send(signed)).code;
  const stored = async (name: string): Promise<string | undefined> => {
    const answer = await call(`/v1/files/box/${encodeURIComponent(name)}`, { key: server.rootKey });
    return answer.status === 200 ? answer.text : undefined;
  };

  beforeAll(async () => {
    port = await freePort();
    server = await startServer({ ZERODB_S3_DIALECT_PORT: String(port), ZERODB_RATE_LIMIT: '100000' });
    httpPort = Number(new URL(server.url).port);
    call = clientOf(server.url);
    key = await createS3Key(call, server.rootKey);
    minio = minioClient(port, key);
    aws = awsClient(key);
    signer = new Signer(port, key);
    await minio.makeBucket('box');
  });
  afterAll(async () => await server?.stop());

  describe("with MinIO's client, on the port of its own", () => {
    it('makes, finds, lists and removes buckets', async () => {
      await minio.makeBucket('made', 'eu-west-1');
      expect(await minio.bucketExists('made')).toBe(true);
      expect((await minio.listBuckets()).map(({ name }) => name)).toContain('made');
      await expect(minio.makeBucket('made')).rejects.toMatchObject({ code: 'BucketAlreadyOwnedByYou' });
      await minio.putObject('made', 'x', 'x');
      await expect(minio.removeBucket('made')).rejects.toMatchObject({ code: 'BucketNotEmpty' });
      await minio.removeObject('made', 'x');
      await minio.removeBucket('made');
      expect(await minio.bucketExists('made')).toBe(false);
    });

    it.each(ODD_KEYS)('stores, reads, copies and removes %s', async (name) => {
      const { etag } = await minio.putObject('box', name, name);
      expect(etag).toBe(md5(name));
      expect(await textOf(await minio.getObject('box', name))).toBe(name);
      expect(await stored(name)).toBe(name);
      expect((await minio.statObject('box', name)).etag).toBe(etag);
      await minio.removeObjects('box', [name]);
      await expect(minio.statObject('box', name)).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('uploads a stream in parts, and reads ranges of it', async () => {
      const content = Buffer.alloc(11 * MIB, 'abcdefgh');
      const { etag } = await minio.putObject('box', 'big', Readable.from([content]));
      expect(etag).toMatch(/^[0-9a-f]{32}-\d$/);
      expect((await minio.statObject('box', 'big')).etag).toBe(etag);
      expect(await textOf(await minio.getPartialObject('box', 'big', 6 * MIB, 8))).toBe('abcdefgh');
      expect(
        (await call('/v1/files/box/big', { method: 'HEAD', key: server.rootKey })).headers.get('content-length'),
      ).toBe(String(content.length));
    });

    it('signs URLs that work without a key', async () => {
      const put = await minio.presignedPutObject('box', 'signed ü', 60);
      expect((await fetch(put, { method: 'PUT', body: 'signed' })).status).toBe(200);
      const get = await minio.presignedGetObject('box', 'signed ü', 60, { 'response-content-type': 'text/x' });
      const answer = await fetch(get);
      expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/x', 'signed']);
    });
  });

  describe("with AWS's client, below /s3", () => {
    const put = async (Key: string, Body: string, more: object = {}) =>
      await aws.send(new PutObjectCommand({ Bucket: 'box', Key, Body, ...more }));

    it('keeps what is said about an object', async () => {
      const Metadata = { colour: 'red' };
      await put('about', 'x', {
        Metadata,
        ContentType: 'text/x',
        CacheControl: 'max-age=5',
        ContentDisposition: 'inline',
      });
      const head = await aws.send(new HeadObjectCommand({ Bucket: 'box', Key: 'about' }));
      expect(head).toMatchObject({ Metadata, ContentType: 'text/x', CacheControl: 'max-age=5', ContentLength: 1 });
      await aws.send(new CopyObjectCommand({ Bucket: 'box', Key: 'about2', CopySource: 'box/about' }));
      expect(await aws.send(new HeadObjectCommand({ Bucket: 'box', Key: 'about2' }))).toMatchObject({
        Metadata,
        ETag: head.ETag,
      });
    });

    it('writes only under its conditions', async () => {
      await put('held', 'one');
      await expect(put('held', 'two', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
      await expect(put('held', 'two', { IfMatch: `"${md5('two')}"` })).rejects.toMatchObject({
        name: 'PreconditionFailed',
      });
      await put('held', 'two', { IfMatch: `"${md5('one')}"` });
      expect(await stored('held')).toBe('two');
    });

    it('uploads streams in chunks with a trailer, and in parts', async () => {
      const streamed = Readable.from([Buffer.from('streamed')]);
      await put('streamed', streamed as never, { ContentLength: 8, ChecksumAlgorithm: 'CRC32C' });
      expect(await stored('streamed')).toBe('streamed');
      const body = Buffer.alloc(11 * MIB, 'x');
      const done = await new Upload({
        client: aws,
        params: { Bucket: 'box', Key: 'parts', Body: body },
        partSize: 5 * MIB,
      }).done();
      expect(done.ETag).toMatch(/-3"$/);
    });

    it('pages through a bucket, with and without folders', async () => {
      for (const name of ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/é/1']) await put(name, name);
      const pages = async (more: object): Promise<string[]> => {
        const found: string[] = [];
        let ContinuationToken: string | undefined;
        do {
          const command = new ListObjectsV2Command({
            Bucket: 'box',
            Prefix: 'l/',
            MaxKeys: 1,
            ContinuationToken,
            ...more,
          });
          const page = await aws.send(command);
          found.push(...(page.Contents ?? []).map((one) => one.Key ?? ''));
          found.push(...(page.CommonPrefixes ?? []).map((one) => one.Prefix ?? ''));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        return found;
      };
      expect(await pages({})).toEqual(['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/é/1']);
      expect(await pages({ Delimiter: '/' })).toEqual(['l/a', 'l/b/', 'l/c', 'l/é/']);
      expect(await pages({ Delimiter: '/', StartAfter: 'l/b/1' })).toEqual(['l/c', 'l/é/']);
      expect(await pages({ Delimiter: 'b/', EncodingType: 'url' })).toEqual(['l/a', 'l/b/', 'l/c', 'l/%C3%A9/1']);
    });

    it('deletes many, and says which of them it could not', async () => {
      await put('many & <1>', 'x');
      const Objects = ['many & <1>', 'missing', 'a//b'].map((Key) => ({ Key }));
      const answer = await aws.send(new DeleteObjectsCommand({ Bucket: 'box', Delete: { Objects } }));
      expect(answer.Deleted?.map((one) => one.Key)).toEqual(['many & <1>', 'missing']);
      expect(answer.Errors).toMatchObject([{ Key: 'a//b', Code: 'InvalidArgument' }]);
      expect(await stored('many & <1>')).toBeUndefined();
    });

    it('signs URLs', async () => {
      const command = new PutObjectCommand({ Bucket: 'box', Key: 'by url', Metadata: { a: 'b' } });
      const url = await getSignedUrl(aws, command, { expiresIn: 60 });
      expect((await fetch(url, { method: 'PUT', body: 'by url' })).status).toBe(200);
      const head = await aws.send(new HeadObjectCommand({ Bucket: 'box', Key: 'by url' }));
      expect(head.Metadata).toEqual({ a: 'b' });
      const get = await getSignedUrl(aws, new GetObjectCommand({ Bucket: 'box', Key: 'by url' }), { expiresIn: 60 });
      expect(await (await fetch(get)).text()).toBe('by url');
      expect((await fetch(get.replace('by%20url', 'streamed'))).status).toBe(403);
      expect((await fetch(get.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'))).status).toBe(403);
      expect((await fetch(`${get}&response-content-type=text/html`)).status).toBe(403);
      expect((await fetch(get, { headers: { 'x-amz-meta-a': 'b' } })).status).toBe(403);
      expect((await fetch(get, { method: 'DELETE' })).status).toBe(403);
    });
  });

  describe('a signature', () => {
    const forged = (forge: Signed['forge'], more: Partial<Signed> = {}) =>
      codeOf({ target: '/box/victim', ...more, ...(forge ? { forge } : {}) });
    const header =
      (name: string, value: string): Signed['forge'] =>
      ({ headers, target }) => ({
        target,
        headers: { ...headers, [name]: value },
      });

    beforeAll(async () => {
      expect((await send({ method: 'PUT', target: '/box/victim', body: Buffer.from('v') })).status).toBe(200);
      expect((await send({ target: '/box/victim' })).text).toBe('v');
    });

    it('is refused once the path, the query, the method or a signed header is another', async () => {
      expect(await forged(({ headers }) => ({ headers, target: '/box/other' }))).toBe('SignatureDoesNotMatch');
      expect(await forged(({ headers }) => ({ headers, target: '/box/victim?acl' }))).toBe('SignatureDoesNotMatch');
      expect(await forged(header('host', 'other'))).toBe('SignatureDoesNotMatch');
      const now = timeOf(new Date(Date.now() + 60_000));
      expect(await forged(header('x-amz-date', now))).toBe('SignatureDoesNotMatch');
      const { headers } = signer.sign({ target: '/box/victim' });
      expect((await sendRaw(port, { method: 'DELETE', target: '/box/victim', headers })).code).toBe(
        'SignatureDoesNotMatch',
      );
    });

    it('must cover every header of S3', async () => {
      for (const name of [
        'x-amz-copy-source',
        'x-amz-meta-a',
        'x-amz-acl',
        'x-amz-trailer',
        'x-amz-decoded-content-length',
      ]) {
        expect(
          await codeOf({ method: 'PUT', target: '/box/new', body: Buffer.from('x'), unsigned: { [name]: '1' } }),
        ).toBe('AccessDenied');
      }
      expect(await stored('new')).toBeUndefined();
    });

    it('must cover the host', async () => {
      const drop = ({ headers, target }: { headers: Record<string, string>; target: string }) => ({
        target,
        headers: { ...headers, authorization: String(headers['authorization']).replace('=host;', '=') },
      });
      expect(await forged(drop)).toBe('AuthorizationHeaderMalformed');
    });

    it('is as old as the clock may be off, and no older', async () => {
      const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
      expect((await send({ target: '/box/victim', at: at(-14) })).status).toBe(200);
      for (const minutes of [-16, 16])
        expect(await codeOf({ target: '/box/victim', at: at(minutes) })).toBe('RequestTimeTooSkewed');
    });

    it.each([
      ['AWS 0123456789abcdef:c2ln', 'InvalidRequest'],
      ['AWS4-HMAC-SHA256 Credential=x', 'AuthorizationHeaderMalformed'],
      ['Bearer zdb_x', 'InvalidRequest'],
    ])('of another form is refused: %s', async (authorization, code) => {
      expect(await forged(header('authorization', authorization))).toBe(code);
    });

    it('of an unknown key, or by a wrong secret, is refused', async () => {
      expect((await new Signer(port, { ...key, id: '0123456789abcdef' }).send({ target: '/box/victim' })).code).toBe(
        'InvalidAccessKeyId',
      );
      for (const secret of [key.key, `${key.secret}x`, key.id])
        expect((await new Signer(port, { id: key.id, secret }).send({ target: '/box/victim' })).code).toBe(
          'SignatureDoesNotMatch',
        );
    });

    it('lasts no longer than its key, and does what the role of the key allows', async () => {
      const reader = await createS3Key(call, server.rootKey, { role: 'read' });
      const reading = new Signer(port, reader);
      expect((await reading.send({ target: '/box/victim' })).text).toBe('v');
      expect((await reading.send({ method: 'PUT', target: '/box/victim', body: Buffer.from('w') })).code).toBe(
        'AccessDenied',
      );
      expect((await reading.send({ method: 'DELETE', target: '/box/victim' })).code).toBe('AccessDenied');
      await call(`/v1/keys/${reader.id}`, { method: 'DELETE', key: server.rootKey });
      expect((await reading.send({ target: '/box/victim' })).code).toBe('InvalidAccessKeyId');
      const shown = await call(`/v1/keys/${reader.id}/s3`, { method: 'POST', key: server.rootKey });
      expect(shown.status).toBe(409);
    });

    it('reaches the project of its key alone', async () => {
      await call('/v1/projects', { key: server.rootKey, body: { name: 'other' } });
      const other = await createS3Key(call, server.rootKey, { project: 'other', role: 'admin' });
      const signing = new Signer(port, other);
      const headers = { 'zerodb-project': 'default' };
      expect((await signing.send({ target: '/box/victim', headers })).code).toBe('NoSuchBucket');
      expect((await signing.send({ method: 'PUT', target: '/box' })).status).toBe(200);
      const copied = { 'x-amz-copy-source': '/box/victim' };
      expect((await signing.send({ method: 'PUT', target: '/box/copy', headers: copied })).code).toBe('NoSuchKey');
      // Nor does an admin of one project learn the secrets of another one's keys.
      expect((await call(`/v1/keys/${key.id}/s3`, { method: 'POST', key: other.key })).status).toBe(404);
      expect((await call(`/v1/keys/${key.id}/s3`, { method: 'POST', key: key.key })).status).toBe(403);
    });

    it('and secrets are in no log', () => {
      expect(server.logs()).not.toContain(key.secret);
    });
  });

  describe('a body', () => {
    const CHUNKED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const chunks = [Buffer.alloc(64 * 1024, 'a'), Buffer.from('end')];
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);

    const sendChunks = async (
      name: string,
      change: (parts: Buffer[]) => Buffer[] = (parts) => parts,
      decoded = size,
    ): Promise<string | undefined> => {
      const signed = {
        method: 'PUT',
        target: `/box/${name}`,
        payload: CHUNKED,
        headers: { 'x-amz-decoded-content-length': String(decoded) },
      };
      const proof = signer.sign(signed);
      const body = Buffer.concat(change(signer.chunked(proof, chunks)));
      const { status, code } = await sendRaw(port, {
        method: 'PUT',
        target: signed.target,
        headers: proof.headers,
        body,
      });
      return status === 200 ? 'stored' : code;
    };

    it('in signed chunks is stored, once each of them is good', async () => {
      expect(await sendChunks('chunks')).toBe('stored');
      expect((await stored('chunks'))?.length).toBe(size);
    });

    it.each<[string, string, (parts: Buffer[]) => Buffer[]]>([
      [
        'with an altered chunk',
        'SignatureDoesNotMatch',
        ([one, ...rest]) => [Buffer.from(String(one).replace('aaa', 'aab')), ...rest],
      ],
      ['with its chunks in another order', 'SignatureDoesNotMatch', ([one, two, end]) => [two, one, end] as Buffer[]],
      [
        'with an unsigned chunk',
        'SignatureDoesNotMatch',
        ([one, , end]) => [one, Buffer.from('3\r\nend\r\n'), end] as Buffer[],
      ],
      [
        'with an altered end',
        'SignatureDoesNotMatch',
        ([one, two, end]) => [one, two, Buffer.from(String(end).replace(/=./, '=f').replace(/=f$/, '=0'))] as Buffer[],
      ],
      ['without its end', 'IncompleteBody', (parts) => parts.slice(0, -1)],
      ['cut within a chunk', 'IncompleteBody', ([one]) => [(one as Buffer).subarray(0, 1_000)]],
      ['with bytes behind its end', 'IncompleteBody', (parts) => [...parts, Buffer.from('more')]],
      ['without a chunk in the middle', 'SignatureDoesNotMatch', ([one, , end]) => [one, end] as Buffer[]],
      ['that is no chunk', 'IncompleteBody', () => [Buffer.from('plain')]],
    ])('%s is refused, and nothing is stored', async (title, code, change) => {
      expect(await sendChunks('broken', change)).toBe(code);
      expect({ title, found: await stored('broken') }).toEqual({ title, found: undefined });
    });

    it('of another size than announced is refused', async () => {
      expect(await sendChunks('broken', undefined, size - 1)).toBe('IncompleteBody');
      expect(await sendChunks('broken', undefined, size + 1)).toBe('IncompleteBody');
      expect(await stored('broken')).toBeUndefined();
    });

    it('must hash to what was signed, and to its checksums', async () => {
      const put = (more: Partial<Signed>) =>
        codeOf({ method: 'PUT', target: '/box/broken', body: Buffer.from('x'), ...more });
      expect(await put({ payload: '0'.repeat(64) })).toBe('XAmzContentSHA256Mismatch');
      expect(await put({ headers: { 'content-md5': md5('y').slice(0, 4) } })).toBe('InvalidDigest');
      for (const [name, value] of Object.entries({
        'content-md5': 16,
        'x-amz-checksum-crc32': 4,
        'x-amz-checksum-crc32c': 4,
        'x-amz-checksum-crc64nvme': 8,
        'x-amz-checksum-sha256': 32,
      }))
        expect(await put({ headers: { [name]: Buffer.alloc(value, 1).toString('base64') } })).toBe('BadDigest');
      for (const payload of ['UNKNOWN', 'constructor', '__proto__'])
        expect(await put({ payload })).toBe('InvalidArgument');
      expect(await put({ headers: { 'content-encoding': 'aws-chunked' } })).toBe('InvalidRequest');
      expect(await stored('broken')).toBeUndefined();
    });

    it.each([
      ['x-amz-checksum-crc32:y/U5aA==', 200],
      ['x-amz-checksum-crc32:AAAAAA==', 400],
      ['x-amz-checksum-sha256:y/U5aA==', 400],
      ['', 400],
    ])('in chunks with the trailer "%s" is answered %i', async (trailer, status) => {
      const lines = trailer === '' ? '' : `${trailer}\r\n`;
      const answer = await send({
        method: 'PUT',
        target: '/box/trailed',
        payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: {
          'x-amz-decoded-content-length': '9',
          'x-amz-trailer': 'x-amz-checksum-crc32',
          'content-encoding': 'aws-chunked',
        },
        body: Buffer.from(`9\r\n123456789\r\n0\r\n${lines}\r\n`.replace('y/U5aA', 'y/Q5Jg')),
      });
      expect(answer.status).toBe(status);
    });

    it('whose client leaves in the middle is not stored', async () => {
      const { headers } = signer.sign({ method: 'PUT', target: '/box/left', payload: 'UNSIGNED-PAYLOAD' });
      const lines = Object.entries({ ...headers, 'content-length': '100000' }).map(
        ([name, value]) => `${name}: ${value}`,
      );
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(`PUT /b/left HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${'x'.repeat(50_000)}`, () =>
            socket.destroy(),
          );
        });
        socket.once('close', () => resolve());
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await stored('left')).toBeUndefined();
    });

    it.each([
      '<!DOCTYPE x [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>',
      '<Delete/>',
      'x',
      `${'<a>'.repeat(50_000)}`,
    ])('of XML that is not what S3 takes is malformed: %.40s', async (xml) => {
      expect(await codeOf({ method: 'POST', target: '/box?delete', body: Buffer.from(xml) })).toBe('MalformedXML');
    });
  });

  describe('a name', () => {
    it.each(['a//b', '../up', 'a/../b', 'a/./b', '%2e%2e/x', 'a%2F..%2Fb', '/lead', 'end/', 'a%00b', 'a%0Ab'])(
      'that no file may have is refused: %s',
      async (name) => {
        expect(await codeOf({ method: 'PUT', target: `/box/${name}`, body: Buffer.from('x') })).toBe('InvalidArgument');
      },
    );

    it('of a bucket follows the rules of S3', async () => {
      for (const name of ['UPPER', 'a', 'a_b', 'x'.repeat(64)])
        expect(await codeOf({ method: 'PUT', target: `/${name}` })).toBe('InvalidBucketName');
    });

    it('in a host is answered with what to do', async () => {
      const answer = await send({ target: '/?list-type=2' });
      expect([answer.code, answer.text]).toEqual(['InvalidRequest', expect.stringContaining('path style') as string]);
    });
  });

  describeWith(python)('with boto3', () => {
    it('answers as S3 does', async () => {
      const run = promisify(execFile);
      const script = path.join(projectRoot(), 'test', 's3-dialect', 'clients.py');
      const { stdout } = await run(python ?? '', [script, `${server.url}/s3`, key.id, key.secret, 'python'], {
        env: { ...process.env, AWS_CONFIG_FILE: '/dev/null' },
      });
      const steps = new Map(
        stdout.split('\n').map((line) => [line.split(': ')[0], line.split(': ').slice(1).join(': ')]),
      );
      expect(Object.fromEntries([...steps].filter(([name]) => name !== undefined && name in WITH_BOTO3))).toEqual(
        WITH_BOTO3,
      );
    }, 60_000);
  });

  it.each([
    'acl',
    'tagging',
    'retention',
    'legal-hold',
    'torrent',
    'select',
    'restore',
    'uploads',
    'partNumber=1',
    'uploadId=x',
  ])('never takes PUT with ?%s for a plain one', async (subresource) => {
    await send({ method: 'PUT', target: '/box/kept', body: Buffer.from('kept') });
    expect(await codeOf({ method: 'PUT', target: `/box/kept?${subresource}`, body: Buffer.from('x') })).toBe(
      'NotImplemented',
    );
    expect(await stored('kept')).toBe('kept');
  });

  it('refuses what it would have to leave out', async () => {
    for (const [name, value] of Object.entries({
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-tagging': 'a=b',
      'x-amz-object-lock-mode': 'GOVERNANCE',
    }))
      expect(
        await codeOf({ method: 'PUT', target: '/box/out', headers: { [name]: value }, body: Buffer.from('x') }),
      ).toBe('NotImplemented');
    expect(
      await codeOf({
        method: 'PUT',
        target: '/box/out',
        headers: { 'x-amz-acl': 'public-read' },
        body: Buffer.from('x'),
      }),
    ).toBe('AccessControlListNotSupported');
  });

  it('answers a repeated completion with the first answer, and no other', async () => {
    const begin = await send({ method: 'POST', target: '/box/again?uploads' });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(begin.text)?.[1] ?? '';
    const part = await send({
      method: 'PUT',
      target: `/box/again?partNumber=1&uploadId=${id}`,
      body: Buffer.from('part'),
    });
    const body = Buffer.from(
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${String(part.headers['etag'])}</ETag></Part></CompleteMultipartUpload>`,
    );
    const complete = async (name = 'again') =>
      await send({ method: 'POST', target: `/box/${name}?uploadId=${id}`, body });
    expect((await complete('foreign')).code).toBe('NoSuchUpload');
    const first = await complete();
    expect(first.status).toBe(200);
    const tag = /<ETag>(.*)<\/ETag>/.exec(first.text)?.[1];
    expect((await complete()).text).toContain(`<ETag>${tag}</ETag>`);
    expect((await complete('foreign')).code).toBe('NoSuchUpload');
    expect((await send({ method: 'HEAD', target: '/box/again' })).headers['etag']).toBe(
      `"${md5(Buffer.from(md5('part'), 'hex'))}-1"`,
    );
  });

  it('joins once for all that ask, and to the end when they hang up', async () => {
    const begin = await send({ method: 'POST', target: '/box/left?uploads' });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(begin.text)?.[1] ?? '';
    const parts = [1, 2, 3, 4].map((number) => ({ number, body: Buffer.alloc(8 * MIB, number) }));
    let named = '';
    for (const { number, body } of parts) {
      const { headers } = await send({ method: 'PUT', target: `/box/left?partNumber=${number}&uploadId=${id}`, body });
      named += `<Part><PartNumber>${number}</PartNumber><ETag>${String(headers['etag'])}</ETag></Part>`;
    }
    const body = Buffer.from(`<CompleteMultipartUpload>${named}</CompleteMultipartUpload>`);
    const target = `/box/left?uploadId=${id}`;
    const { host: _, ...headers } = signer.sign({ method: 'POST', target, body }).headers;
    const request = { method: 'POST', headers, body, signal: AbortSignal.timeout(60) };
    await fetch(`http://127.0.0.1:${port}${target}`, request).catch(() => undefined);
    const answers = await Promise.all([send({ method: 'POST', target, body }), send({ method: 'POST', target, body })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map(({ text }) => /<ETag>(.*)<\/ETag>/.exec(text)?.[1])).size).toBe(1);
    expect((await send({ method: 'HEAD', target: '/box/left' })).headers['content-length']).toBe(String(32 * MIB));
  });

  it('replaces the tag with the content, whichever door writes', async () => {
    await minio.putObject('box', 'doors', 'one');
    await call('/v1/files/box/doors', {
      method: 'PUT',
      key: server.rootKey,
      raw: 'two',
      headers: { 'content-type': 'text/plain' },
    });
    const { etag } = await minio.statObject('box', 'doors');
    expect(etag).toMatch(/^[0-9a-f]{32}-1$/);
    expect(etag).not.toContain(md5('one'));
  });

  it('serves both ports, and errors in the shape of each door', async () => {
    expect((await new Signer(httpPort, key).send({ target: '/s3/box/victim' })).text).toBe('v');
    expect((await sendRaw(httpPort, { method: 'GET', target: '/s3/%zz', headers: {} })).text).toContain('<Error>');
    expect((await sendRaw(httpPort, { method: 'GET', target: '/s3x', headers: {} })).text).toContain('"status":404');
  });

  it('leaves an entry for administrative acts', async () => {
    await minio.makeBucket('audited');
    await minio.removeBucket('audited');
    const log = await call('/v1/audit?limit=1000&class=admin', { key: server.rootKey });
    const actions = (log.json['data'] as { action: string; actor: string }[]).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['s3CreateBucket', 's3DeleteBucket', 'showS3Credentials']));
  });
});
