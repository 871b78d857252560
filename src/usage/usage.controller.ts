import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { currentAct } from '../api/act';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { nameSchema } from '../api/schemas';
import { ProjectsRepository } from '../auth/projects/projects.repository';
import { notFound } from '../common/errors';
import { limitsBody, quotaAnswer, usageAnswer, usageQuery } from './dto/usage.schemas';
import { DAY_MS, dayOf } from './metric';
import { UsageService, type ProjectQuota } from './usage.service';

const NDJSON = 'application/x-ndjson';
const tag = 'Usage';
const quotaPath = '/v1/projects/{name}/quota';
const params = z.strictObject({ name: nameSchema });
const DEFAULT_DAYS = 30;

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/usage',
  operationId: 'getUsage',
  audit: 'read',
  tag,
  summary: 'What the project uses, by day, and how much it may',
  description:
    'What it holds now, the state of its quotas, and what it did on each day. With the root key: the project that ' +
    '`ZeroDB-Project` names. Other replicas add what they counted every five seconds.',
  access: 'read',
  query: usageQuery,
  responses: { 200: usageAnswer },
  deadlineMs: 10_000,
});

const exportAll = defineEndpoint({
  method: 'GET',
  path: '/v1/usage/export',
  operationId: 'exportUsage',
  audit: 'read',
  kind: 'transfers',
  tag,
  summary: 'The usage of all projects as lines of JSON',
  description:
    'For a billing system: one line for each day and project, deleted projects included, by day. `project_uid` names a ' +
    'project for good. Days are kept for 400 days; a day that is over no longer changes after a few minutes.',
  access: 'root',
  query: usageQuery,
  responses: { 200: NDJSON },
  deadlineMs: null,
});

const putQuota = defineEndpoint({
  method: 'PUT',
  path: quotaPath,
  operationId: 'putQuota',
  audit: 'admin',
  tag,
  summary: 'Limit what a project may hold and do',
  description:
    'Replaces all limits of the project. A hard limit on what it holds is exact, however many write at once: what goes beyond is ' +
    'refused with 403 and `quota_exceeded`. A daily limit counts by UTC and is refused with 429; replicas learn of each other ' +
    'every five seconds. A limit below what is there already takes nothing away. The first count reads all records.',
  access: 'root',
  params,
  body: limitsBody,
  responses: { 200: quotaAnswer },
  deadlineMs: 60_000,
});

const getQuota = defineEndpoint({
  method: 'GET',
  path: quotaPath,
  operationId: 'getQuota',
  audit: 'read',
  tag,
  summary: "A project's limits, and what is used of them",
  description: '404 when the project has none. The project itself sees them in `GET /v1/usage`.',
  access: 'root',
  params,
  responses: { 200: quotaAnswer },
});

const deleteQuota = defineEndpoint({
  method: 'DELETE',
  path: quotaPath,
  operationId: 'deleteQuota',
  audit: 'admin',
  tag,
  summary: "Remove a project's limits",
  description: 'It may hold and do as much as it likes from then on. 404 when it has none.',
  access: 'root',
  params,
  responses: { 204: null },
});

@Controller()
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly projects: ProjectsRepository,
  ) {}

  @Endpoint(get)
  async get(@Input() { caller, query }: EndpointInput<typeof get>): Promise<unknown> {
    const { scope } = caller;
    const { from, to } = daysOf(query);
    const { current, quotas, days } = await this.usage.report(scope, from, to);
    const held = current && { ...current.figures, measured_at: current.measuredAt.toISOString() };
    return { project: scope.projectName, current: held ?? null, quotas, days };
  }

  @Endpoint(exportAll)
  export(@Input() { query, signal }: EndpointInput<typeof exportAll>): Readable {
    const { from, to } = daysOf(query);
    return Readable.from(linesOf(this.usage.exported(from, to, signal)));
  }

  @Endpoint(putQuota)
  async put(@Input() { params, body }: EndpointInput<typeof putQuota>): Promise<ProjectQuota> {
    currentAct()?.name('name', params.name);
    return await this.usage.setQuota(params.name, body);
  }

  @Endpoint(getQuota)
  async quota(@Input() { params }: EndpointInput<typeof getQuota>): Promise<ProjectQuota> {
    const scope = await this.projects.find(params.name);
    if (!scope) throw notFound('project', params.name);
    return await this.usage.quota(params.name, scope.projectId);
  }

  @Endpoint(deleteQuota)
  async delete(@Input() { params }: EndpointInput<typeof deleteQuota>): Promise<void> {
    await this.usage.removeQuota(params.name);
  }
}

async function* linesOf(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

function daysOf({ from, to = dayOf(Date.now()) }: z.output<typeof usageQuery>): { from: string; to: string } {
  return { from: from ?? dayOf(Date.parse(to) - DEFAULT_DAYS * DAY_MS), to };
}
