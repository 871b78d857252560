import { Injectable } from '@nestjs/common';
import { mutation, Operations, query } from '../../api/field';

@Injectable()
@Operations(
  query('keys', 'listKeys', { type: 'Key' }),
  mutation('createKey', { type: 'NewKey' }),
  mutation('revokeKey'),
)
export class KeysResolver {}
