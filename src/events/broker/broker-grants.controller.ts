import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { ProjectsRepository } from '../../auth/projects/projects.repository';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, pageQuery, timestamp } from '../../api/schemas';
import { brokerTopic } from '../dto/topic.schemas';
import { BrokerGrants, isReserved } from './broker-grants';
import type { BrokerGrant } from './broker-grants.repository';

const tag = 'Projects';
const project = z.strictObject({ name: nameSchema });
const params = project.extend({ topic: brokerTopic });
const access = z.enum(['read', 'write']);

const grantSchema = z.object({
  topic: z.string(),
  access: z.array(access),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(grantSchema, { id: 'BrokerGrant' });

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/projects/{name}/broker-grants/{topic}',
  operationId: 'putBrokerGrant',
  audit: 'admin',
  tag,
  summary: "Grant a project one of the broker's topics",
  description:
    'A project needs no grant for topics below its own prefix. Names are exact. Removing `read` holds the subscriptions ' +
    'that need it; events published while `write` is missing are not sent later.',
  access: 'root',
  params,
  body: z.strictObject({ access: z.array(access).min(1).max(2) }),
  responses: { 200: grantSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/projects/{name}/broker-grants/{topic}',
  operationId: 'getBrokerGrant',
  audit: 'read',
  tag,
  summary: "A project's grant on one of the broker's topics",
  description:
    'Whether the project may `read` the topic (subscriptions) and `write` it (topics that the broker follows). 404 when nothing is granted.',
  access: 'root',
  params,
  responses: { 200: grantSchema },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/projects/{name}/broker-grants',
  operationId: 'listBrokerGrants',
  audit: 'read',
  tag,
  summary: "The broker's topics that are granted to a project, by name",
  description:
    "Which of the broker's topics outside of its own prefix the project may read or write. Topics below the prefix need no grant and are not listed.",
  access: 'root',
  params: project,
  query: pageQuery,
  responses: { 200: listOf(grantSchema) },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/projects/{name}/broker-grants/{topic}',
  operationId: 'deleteBrokerGrant',
  audit: 'admin',
  tag,
  summary: "Revoke a project's grant on one of the broker's topics",
  description: 'Subscriptions that read it are held, and report why.',
  access: 'root',
  params,
  responses: { 204: null },
});

const FINGERPRINT = fingerprintOf('broker-grants');

@Controller()
export class BrokerGrantsController {
  constructor(
    private readonly grants: BrokerGrants,
    private readonly projects: ProjectsRepository,
  ) {}

  @Endpoint(put)
  async put(@Input() { params: { name, topic }, body }: EndpointInput<typeof put>): Promise<unknown> {
    if (isReserved(topic)) throw invalidAt('path:topic', 'belongs to a project or to the broker and cannot be granted');
    return present(await this.grants.put(await this.scopeOf(name), topic, body.access));
  }

  @Endpoint(get)
  async get(@Input() { params: { name, topic } }: EndpointInput<typeof get>): Promise<unknown> {
    const grant = await this.grants.find(await this.scopeOf(name), topic);
    if (!grant) throw notFound('grant for the topic', topic);
    return present(grant);
  }

  @Endpoint(list)
  async list(@Input() { params: { name }, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { limit, after: cursor } = query;
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, FINGERPRINT, 1, 'query:after');
    const rows = await this.grants.list(await this.scopeOf(name), limit + 1, String(after));
    return pageOf(rows, limit, present, ({ topic }) => [topic], FINGERPRINT);
  }

  @Endpoint(remove)
  async remove(@Input() { params: { name, topic } }: EndpointInput<typeof remove>): Promise<void> {
    if (!(await this.grants.delete(await this.scopeOf(name), topic))) throw notFound('grant for the topic', topic);
  }

  private async scopeOf(name: string): Promise<Scope> {
    const scope = await this.projects.find(name);
    if (!scope) throw notFound('project', name);
    return scope;
  }
}

const present = ({ topic, access: rights, createdAt, updatedAt }: BrokerGrant): z.input<typeof grantSchema> => ({
  topic,
  access: [...rights],
  created_at: createdAt.toISOString(),
  updated_at: updatedAt.toISOString(),
});
