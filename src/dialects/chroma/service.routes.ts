import { Injectable } from '@nestjs/common';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { forbidden, unavailable } from '../../common/errors';
import { Readiness } from '../../health/readiness';
import { ChromaCatalogue } from './catalogue';
import { ChromaRecords } from './records';
import { changing, open, reading, telling } from './route';
import { anything, ofDatabase, ofTenant, pageOf, pageQuery, placeBody } from './schemas';

/** Clients show it, and compare nothing with it. */
const VERSION = '1.5.9';
const databases = '/tenants/{tenant}/databases';
const one = `${databases}/{database}`;

const heartbeat = defineEndpoint({ ...open, method: 'GET', path: '/heartbeat', operationId: 'chromaHeartbeat' });
/** The client for asyncio asks here. */
const root = defineEndpoint({ ...open, method: 'GET', path: '/', operationId: 'chromaRoot' });
const healthcheck = defineEndpoint({ ...open, method: 'GET', path: '/healthcheck', operationId: 'chromaHealthcheck' });
const version = defineEndpoint({ ...open, method: 'GET', path: '/version', operationId: 'chromaVersion' });
const checks = defineEndpoint({ ...open, method: 'GET', path: '/pre-flight-checks', operationId: 'chromaChecks' });
const identity = defineEndpoint({ ...telling, method: 'GET', path: '/auth/identity', operationId: 'chromaIdentity' });
const reset = defineEndpoint({
  ...telling,
  method: 'POST',
  path: '/reset',
  operationId: 'chromaReset',
  body: anything,
});
const addTenant = defineEndpoint({
  ...changing,
  method: 'POST',
  path: '/tenants',
  operationId: 'chromaCreateTenant',
  body: placeBody,
});
const getTenant = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/tenants/{tenant}',
  operationId: 'chromaGetTenant',
  params: ofTenant,
});
const addDatabase = defineEndpoint({
  ...changing,
  method: 'POST',
  path: databases,
  operationId: 'chromaCreateDatabase',
  params: ofTenant,
  body: placeBody,
});
const listDatabases = defineEndpoint({
  ...reading,
  method: 'GET',
  path: databases,
  operationId: 'chromaListDatabases',
  params: ofTenant,
  query: pageQuery,
});
const getDatabase = defineEndpoint({
  ...reading,
  method: 'GET',
  path: one,
  operationId: 'chromaGetDatabase',
  params: ofDatabase,
});
const removeDatabase = defineEndpoint({
  ...changing,
  method: 'DELETE',
  path: one,
  operationId: 'chromaDeleteDatabase',
  params: ofDatabase,
});

/** What clients ask of the server itself; tenants and databases. */
@Injectable()
export class ServiceRoutes {
  constructor(
    private readonly catalogue: ChromaCatalogue,
    private readonly records: ChromaRecords,
    private readonly readiness: Readiness,
  ) {}

  @Endpoint(heartbeat)
  heartbeat(): unknown {
    return { 'nanosecond heartbeat': Date.now() * 1_000_000 };
  }

  @Endpoint(root)
  root(): unknown {
    return this.heartbeat();
  }

  @Endpoint(healthcheck)
  healthcheck(): unknown {
    if (!this.readiness.isReady) throw unavailable('ZeroDB');
    return { is_executor_ready: true, is_log_client_ready: true };
  }

  @Endpoint(version)
  version(): string {
    return VERSION;
  }

  @Endpoint(checks)
  checks(): unknown {
    return { max_batch_size: this.records.maxBatch, supports_base64_encoding: true };
  }

  /** Any tenant and database of the key's project: clients then keep those that they were given. */
  @Endpoint(identity)
  identity({ caller }: EndpointInput<typeof identity>): unknown {
    return { user_id: caller.keyId ?? 'root', tenant: '*', databases: ['*'] };
  }

  @Endpoint(reset)
  reset(): never {
    throw forbidden('Reset is disabled: delete collections and databases by their names.');
  }

  @Endpoint(addTenant)
  async addTenant({ caller, body }: EndpointInput<typeof addTenant>): Promise<unknown> {
    await this.catalogue.addTenant(caller.scope, body.name);
    return {};
  }

  @Endpoint(getTenant)
  async getTenant({ caller, params }: EndpointInput<typeof getTenant>): Promise<unknown> {
    await this.catalogue.mustHaveTenant(caller.scope, params.tenant);
    return { name: params.tenant };
  }

  @Endpoint(addDatabase)
  async addDatabase({ caller, params, body }: EndpointInput<typeof addDatabase>): Promise<unknown> {
    await this.catalogue.addDatabase(caller.scope, params.tenant, body.name);
    return {};
  }

  @Endpoint(listDatabases)
  async listDatabases({ caller, params, query }: EndpointInput<typeof listDatabases>): Promise<unknown> {
    return await this.catalogue.databases(caller.scope, params.tenant, pageOf(query));
  }

  @Endpoint(getDatabase)
  async getDatabase({ caller, params }: EndpointInput<typeof getDatabase>): Promise<unknown> {
    return await this.catalogue.database(caller.scope, params);
  }

  @Endpoint(removeDatabase)
  async removeDatabase({ caller, params, signal }: EndpointInput<typeof removeDatabase>): Promise<unknown> {
    await this.catalogue.removeDatabase(caller.scope, params, signal);
    return {};
  }
}
