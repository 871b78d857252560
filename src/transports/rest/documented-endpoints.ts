import { Injectable } from '@nestjs/common';
import type { EndpointDefinition } from '../../api/endpoint';

/** What `/openapi.json` describes: the endpoints of the controllers, and the doors whose protocol is not ours. */
@Injectable()
export class DocumentedEndpoints {
  private readonly definitions = new Map<string, EndpointDefinition>();

  add(definition: EndpointDefinition): void {
    const { operationId } = definition;
    if (this.definitions.has(operationId)) throw new Error(`Two endpoints are called "${operationId}".`);
    this.definitions.set(operationId, definition);
  }

  /** In the order of declaration. */
  all(): EndpointDefinition[] {
    return [...this.definitions.values()];
  }
}
