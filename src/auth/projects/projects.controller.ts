import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { AccessSignals } from '../access-signals';
import { currentAct } from '../../api/act';
import { conflict, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, pageQuery, timestamp } from '../../api/schemas';
import { ProjectRemoval, type DeletedProject } from './project-removal';
import { isComplete, receiptOf, receiptSchema, type RemovalReceipt } from './removal-receipt';
import { ProjectsRepository, type ProjectRow } from './projects.repository';

const projectSchema = z.object({
  name: z.string(),
  uid: z.string().meta({ description: 'Of this project alone: one that is made later under its name has another.' }),
  created_at: timestamp,
});
z.globalRegistry.add(projectSchema, { id: 'Project' });
type Project = z.output<typeof projectSchema>;

const createProject = defineEndpoint({
  method: 'POST',
  path: '/v1/projects',
  operationId: 'createProject',
  audit: 'admin',
  tag: 'Projects',
  summary: 'Create a project',
  description:
    'A tenant of its own: its data, keys and limits are separate from those of every other project. 409 when the name is taken. Create its first key with `POST /v1/keys` and `project`.',
  access: 'root',
  body: z.strictObject({ name: nameSchema }),
  responses: { 201: projectSchema },
});

const listProjects = defineEndpoint({
  method: 'GET',
  path: '/v1/projects',
  operationId: 'listProjects',
  audit: 'read',
  tag: 'Projects',
  summary: 'List the projects, by name',
  description:
    'For the root key: a page of at most `limit` projects with their immutable ids; `next_cursor` continues it.',
  access: 'root',
  query: pageQuery,
  responses: { 200: listOf(projectSchema) },
});

const deleteProject = defineEndpoint({
  method: 'DELETE',
  path: '/v1/projects/{name}',
  operationId: 'deleteProject',
  audit: 'admin',
  tag: 'Projects',
  summary: 'Delete a project with everything in it',
  description:
    'Its keys answer 401 from then on, its streams end, and what was signed for it is refused. The answer is the ' +
    'receipt: what was removed, and what is left in services that have not removed it yet. The project `default` ' +
    'cannot be deleted.',
  access: 'root',
  params: z.strictObject({ name: nameSchema }),
  responses: { 200: receiptSchema },
  deadlineMs: 300_000,
});

const getDeletedProject = defineEndpoint({
  method: 'GET',
  path: '/v1/projects/deleted/{uid}',
  operationId: 'getDeletedProject',
  audit: 'read',
  tag: 'Projects',
  summary: 'The receipt of a deleted project: what is left of it now',
  description:
    'What has been removed, what each service has still to remove, and why it waits. `pending` is empty when nothing is left.',
  access: 'root',
  params: z.strictObject({ uid: z.string().regex(/^[a-z0-9]{1,64}$/, 'must be the uid of a project') }),
  responses: { 200: receiptSchema },
});

const DEFAULT_PROJECT = 'default';
const FINGERPRINT = fingerprintOf('projects');

@Controller()
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly removal: ProjectRemoval,
    private readonly signals: AccessSignals,
  ) {}

  @Endpoint(createProject)
  async create(@Input() { body }: EndpointInput<typeof createProject>): Promise<Project> {
    currentAct()?.name('name', body.name);
    const row = await this.projects.insert(body.name);
    if (!row) throw conflict(`There is a project "${body.name}" already.`);
    return present(row);
  }

  @Endpoint(listProjects)
  async list(@Input() { query: { limit, after } }: EndpointInput<typeof listProjects>): Promise<Page<Project>> {
    const [name] = after === undefined ? [] : decodeCursor(after, FINGERPRINT, 1, 'query:after');
    const rows = await this.projects.list(limit + 1, name === undefined ? undefined : String(name));
    return pageOf(rows, limit, present, (row) => [row.name], FINGERPRINT);
  }

  @Endpoint(deleteProject)
  async delete(@Input() { params }: EndpointInput<typeof deleteProject>): Promise<RemovalReceipt> {
    if (params.name === DEFAULT_PROJECT) throw conflict('The project "default" cannot be deleted.');
    const deleted = await this.removal.remove(params.name);
    if (!deleted) throw notFound('project', params.name);
    this.signals.publish({ projectId: deleted.projectId });
    return this.receipt(deleted);
  }

  @Endpoint(getDeletedProject)
  async deleted(@Input() { params }: EndpointInput<typeof getDeletedProject>): Promise<RemovalReceipt> {
    const deleted = await this.removal.find(params.uid);
    if (!deleted) throw notFound('deleted project', params.uid);
    return this.receipt(deleted);
  }

  private async receipt(deleted: DeletedProject): Promise<RemovalReceipt> {
    const remains = await this.removal.remains(deleted);
    return receiptOf(deleted, remains, isComplete(remains) ? await this.removal.complete(deleted.uid) : null);
  }
}

const present = (row: ProjectRow): Project => ({
  name: row.name,
  uid: row.uid,
  created_at: row.created_at.toISOString(),
});
