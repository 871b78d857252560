import { Controller, Logger } from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import { operationSchema } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { OperationsService } from '../../operations/operations.service';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { FilesVerifier } from './verify.service';

const verify = defineEndpoint({
  method: 'POST',
  path: '/v1/files/verify',
  operationId: 'verifyFiles',
  audit: 'admin',
  kind: 'analysis',
  tag: 'Files',
  summary: 'Prove that every file has its bytes',
  description:
    'Reads and hashes every copy of every file of the project, repairs damaged ones from good ones, and removes bytes ' +
    'that no row knows. The result is in the operation.',
  access: 'admin',
  responses: { 202: operationSchema },
});

@Controller()
export class FilesVerifyController {
  private readonly log = new Logger(FilesVerifyController.name);

  constructor(
    private readonly verifier: FilesVerifier,
    private readonly operations: OperationsService,
  ) {}

  @Endpoint(verify)
  async verify(@Input() { caller: { scope } }: EndpointInput<typeof verify>): Promise<Reply> {
    const operation = await this.operations.create(scope, 'verify_files', 'files');
    this.operations
      .follow(scope, operation, (report) => this.verifier.verifyFiles(scope, report))
      .catch((error: unknown) => this.log.warn(messageOf(error)));
    return new Reply(202, presentOperation(operation), { location: `/v1/operations/${operation.id}` });
  }
}
