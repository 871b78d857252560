import { Injectable } from '@nestjs/common';
import { mutation, Operations, query } from '../transports/graphql/field';

@Injectable()
@Operations(
  query('keys', 'listKeys', { type: 'Key' }),
  mutation('createKey', { type: 'NewKey' }),
  mutation('revokeKey'),
)
export class KeysResolver {}
