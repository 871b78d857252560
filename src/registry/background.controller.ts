import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { BackgroundWork } from '../common/background-work';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { pieceSchema, presentPiece, withoutMessages, type BackgroundPiece } from './background.schemas';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/background',
  operationId: 'listBackground',
  audit: 'none',
  tag: 'Services',
  summary: 'The background work of the process that answers',
  description:
    'What runs on its own: how often, how it went, and its last fault. Messages of faults are for the root key.',
  access: 'admin',
  responses: { 200: z.object({ data: z.array(pieceSchema) }) },
});

@Controller()
export class BackgroundController {
  constructor(private readonly background: BackgroundWork) {}

  @Endpoint(list)
  list(@Input() { caller }: EndpointInput<typeof list>): { data: BackgroundPiece[] } {
    const pieces = this.background.views().map(presentPiece);
    return { data: caller.isRoot ? pieces : pieces.map(withoutMessages) };
  }
}
