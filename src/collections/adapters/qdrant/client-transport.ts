import { text } from 'node:stream/consumers';
import { isServiceFault, type ServiceFault } from '../../../common/service-fault';
import { qdrantFault, shapeFault, type CallFacts } from './errors';
import { fail, respond, type FetchHandler } from './fetch-handler';
import type { QdrantCall, QdrantClient } from './qdrant-client';

/** The parts that are read of what a `fetch` asks its dispatcher for. */
interface DispatchedRequest {
  readonly method: QdrantCall['method'];
  readonly path: string;
  readonly body?: AsyncIterable<Uint8Array> | string | null;
}

/**
 * Carries one call of Qdrant's own client over our connections. Left alone, that client follows redirects and sends the
 * key along, takes the first digit of `Retry-After` for all of it, has no signal, and fails on Node 26 (decision 24). So
 * its `fetch` gets this dispatcher: the exchange, its end by the signal and its faults are those of `QdrantClient`.
 */
export class ClientTransport {
  private facts: CallFacts | undefined;
  /** Ends the call, whatever the client makes of it. */
  private lose: (error: unknown) => void = () => undefined;

  constructor(
    private readonly client: QdrantClient,
    private readonly terms: Pick<QdrantCall, 'signal' | 'isWrite'>,
  ) {}

  /** The answer as `ask` reads it. Rejects with a `ServiceFault`. */
  async run<T>(ask: (init: RequestInit) => Promise<{ readonly data: T }>): Promise<T> {
    const lost = new Promise<never>((_resolve, reject) => (this.lose = reject));
    let data: T;
    try {
      ({ data } = await Promise.race([ask(this.init()), lost]));
    } catch (error) {
      throw isServiceFault(error) ? error : this.shapeFault('something that its client cannot read', error);
    }
    if (typeof data !== 'object' || data === null) throw this.shapeFault('no JSON object');
    return data;
  }

  /** The fault of an answer that is not what the documentation promises. */
  shapeFault(what: string, cause?: unknown): ServiceFault {
    if (this.facts) return shapeFault(what, this.facts, cause);
    return qdrantFault('incompatible', 'The client of Qdrant sent nothing.', { cause });
  }

  private init(): RequestInit {
    const dispatch = (request: DispatchedRequest, handler: FetchHandler): boolean => {
      void this.dispatch(request, handler);
      return true;
    };
    return { dispatcher: { dispatch } } as unknown as RequestInit;
  }

  private async dispatch({ method, path, body }: DispatchedRequest, handler: FetchHandler): Promise<void> {
    try {
      const sent = typeof body === 'string' || !body ? (body ?? undefined) : await text(body);
      const { facts, answer } = await this.client.send({ method, path, body: sent, ...this.terms });
      this.facts = facts;
      respond(handler, answer.body);
    } catch (error) {
      this.lose(error);
      fail(handler, new Error('The call failed.', { cause: error }));
    }
  }
}
