import { Injectable } from '@nestjs/common';
import { mutation, Operations, query } from '../../api/field';

@Injectable()
@Operations(
  query('projects', 'listProjects', { type: 'Project' }),
  mutation('createProject', { type: 'Project' }),
  query('deletedProject', 'getDeletedProject', { type: 'DeletedProject' }),
  mutation('deleteProject', { pick: 'deleted' }),
)
export class ProjectsResolver {}
