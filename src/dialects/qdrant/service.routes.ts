import { Injectable } from '@nestjs/common';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { CollectionsService } from '../../collections/collections.service';
import { unavailable } from '../../common/errors';
import { Readiness } from '../../health/readiness';
import { open, reading } from './route';
import { ofCollection } from './schemas';

/** Clients compare this with their own: it suits those of 1.18 to 1.20. */
const VERSION = '1.19.0';
const ALIASES = { aliases: [] };

const root = defineEndpoint({ ...open, method: 'GET', path: '/', operationId: 'qdrantRoot' });
const healthz = defineEndpoint({ ...open, method: 'GET', path: '/healthz', operationId: 'qdrantHealthz' });
const livez = defineEndpoint({ ...open, method: 'GET', path: '/livez', operationId: 'qdrantLivez' });
const readyz = defineEndpoint({ ...open, method: 'GET', path: '/readyz', operationId: 'qdrantReadyz' });
const telemetry = defineEndpoint({ ...reading, method: 'GET', path: '/telemetry', operationId: 'qdrantTelemetry' });
const cluster = defineEndpoint({ ...reading, method: 'GET', path: '/cluster', operationId: 'qdrantCluster' });
const aliases = defineEndpoint({ ...reading, method: 'GET', path: '/aliases', operationId: 'qdrantAliases' });
const aliasesOf = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/collections/{collection}/aliases',
  operationId: 'qdrantAliasesOf',
  params: ofCollection,
});
const snapshots = defineEndpoint({ ...reading, method: 'GET', path: '/snapshots', operationId: 'qdrantSnapshots' });
const snapshotsOf = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/collections/{collection}/snapshots',
  operationId: 'qdrantSnapshotsOf',
  params: ofCollection,
});
const clusterOf = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/collections/{collection}/cluster',
  operationId: 'qdrantClusterOf',
  params: ofCollection,
});

/** What clients ask of the server itself. There is one node, and there are no aliases. */
@Injectable()
export class ServiceRoutes {
  constructor(
    private readonly collections: CollectionsService,
    private readonly readiness: Readiness,
  ) {}

  @Endpoint(root)
  root(): Reply {
    return new Reply(200, { title: "ZeroDB, in Qdrant's dialect", version: VERSION }, JSON_HEADERS);
  }

  @Endpoint(healthz)
  healthz(): Reply {
    return text('healthz check passed');
  }

  @Endpoint(livez)
  livez(): Reply {
    return text('livez check passed');
  }

  @Endpoint(readyz)
  readyz(): Reply {
    if (!this.readiness.isReady) throw unavailable('ZeroDB');
    return text('all shards are ready');
  }

  @Endpoint(telemetry)
  telemetry(): unknown {
    return { id: 'zerodb', app: { name: 'zerodb', version: VERSION }, collections: { number_of_collections: 0 } };
  }

  @Endpoint(cluster)
  cluster(): unknown {
    return { status: 'disabled' };
  }

  @Endpoint(aliases)
  aliases(): unknown {
    return ALIASES;
  }

  @Endpoint(aliasesOf)
  async aliasesOf({ caller, params }: EndpointInput<typeof aliasesOf>): Promise<unknown> {
    await this.collections.resolve(caller.scope, params.collection);
    return ALIASES;
  }

  /** There are none: `zerodb backup` is what restores. */
  @Endpoint(snapshots)
  snapshots(): unknown {
    return [];
  }

  @Endpoint(snapshotsOf)
  async snapshotsOf({ caller, params }: EndpointInput<typeof snapshotsOf>): Promise<unknown> {
    await this.collections.resolve(caller.scope, params.collection);
    return [];
  }

  @Endpoint(clusterOf)
  async clusterOf({ caller, params }: EndpointInput<typeof clusterOf>): Promise<unknown> {
    const { counts } = await this.collections.get(caller.scope, params.collection);
    return {
      peer_id: 1,
      shard_count: 1,
      local_shards: [{ shard_id: 0, points_count: counts.records, state: 'Active' }],
      remote_shards: [],
      shard_transfers: [],
    };
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const text = (message: string): Reply => new Reply(200, message, { 'content-type': 'text/plain; charset=utf-8' });
