import { Injectable } from '@nestjs/common';
import { mutation, GraphqlOperations, query } from '../../api/field';

@Injectable()
@GraphqlOperations(
  query('projects', 'listProjects', { type: 'Project' }),
  mutation('createProject', { type: 'Project' }),
  query('deletedProject', 'getDeletedProject', { type: 'DeletedProject' }),
  mutation('deleteProject', { pick: 'deleted' }),
)
export class ProjectsResolver {}
