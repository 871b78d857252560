import { Injectable } from '@nestjs/common';
import { mutation, GraphqlOperations, query } from '../../api/field';

@Injectable()
@GraphqlOperations(
  query('keys', 'listKeys', { type: 'Key' }),
  mutation('createKey', { type: 'NewKey' }),
  mutation('rotateKey', { type: 'NewKey' }),
  mutation('revokeKey'),
  mutation('showS3Credentials', { type: 'S3Credentials' }),
)
export class KeysResolver {}
