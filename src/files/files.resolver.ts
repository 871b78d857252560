import { Injectable } from '@nestjs/common';
import { GraphqlField, mutation, GraphqlOperations, query, type FieldInput } from '../api/field';
import { presentFile } from './objects/file';
import { fileParams } from './objects/file.schemas';
import { FilesService } from './objects/files.service';
import { asError } from '../common/as-error';
import { invalidAt } from '../common/errors';

const ANY_VERSION = { createOnly: false, hashes: undefined };

/** Files without their bytes, and signed URLs for these, which are transferred over HTTP. */
@Injectable()
@GraphqlOperations(
  query('buckets', 'listBuckets', { type: 'Bucket' }),
  query('bucket', 'getBucket', { type: 'Bucket' }),
  query('files', 'listFiles', { type: 'File' }),
  mutation('putBucket', { type: 'Bucket', conditions: true }),
  mutation('deleteBucket'),
  mutation('presignFile', { type: 'PresignedUrl' }),
  mutation('rotatePresignKey', { type: 'PresignKeyRotation' }),
  mutation('copyFile', { type: 'File' }),
)
export class FilesResolver {
  constructor(private readonly files: FilesService) {}

  @GraphqlField({
    on: 'Query',
    name: 'file',
    type: 'File',
    description: 'A file, without its bytes.',
    args: { bucket: 'String!', key: 'String!' },
    access: 'read',
  })
  async file({ args, context }: FieldInput<{ bucket: string; key: string }>): Promise<unknown> {
    const { bucket, key } = named(args);
    const { row } = await this.files.find(context.caller.scope, bucket, key);
    return presentFile(row);
  }

  @GraphqlField({
    on: 'Mutation',
    name: 'deleteFile',
    type: 'Boolean',
    description: 'Delete a file.',
    args: { bucket: 'String!', key: 'String!' },
    access: 'write',
  })
  async deleteFile({ args, context }: FieldInput<{ bucket: string; key: string }>): Promise<true> {
    const { bucket, key } = named(args);
    await this.files.delete(context.caller.scope, bucket, key, ANY_VERSION);
    return true;
  }

  @GraphqlField({
    on: 'File',
    name: 'in_bucket',
    type: 'Bucket',
    description: 'The bucket of the file; loaded once for all its files.',
    access: 'read',
  })
  async inBucket({ parent, context }: FieldInput): Promise<unknown> {
    return await context.load('bucket', String(parent.bucket), (names) =>
      Promise.all(names.map((bucket) => context.call('getBucket', { params: { bucket } }).catch(asError))),
    );
  }
}

const named = (args: { bucket: string; key: string }): { bucket: string; key: string } => {
  const parsed = fileParams.safeParse(args);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidAt(`/${String(issue?.path[0] ?? 'key')}`, issue?.message ?? 'is invalid');
};
