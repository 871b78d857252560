import { Command } from 'commander';
import type { Project, ProjectRemoval } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { mustBeConfirmed } from '../confirm';
import { renderTable } from '../output/table';
import { LARGE_PAGES, readAll } from '../read-all';
import { grantCommands } from './project-grants';
import { quotaCommand } from './project-quota';

export function projectsCommand(runtime: Runtime): Command {
  const projects = new Command('projects')
    .description('the tenants (root key)')
    .addCommand(list(runtime))
    .addCommand(create(runtime))
    .addCommand(remove(runtime))
    .addCommand(receipt(runtime))
    .addCommand(quotaCommand(runtime));
  for (const command of grantCommands(runtime)) projects.addCommand(command);
  return projects;
}

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('list the projects')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const projects = await readAll(client().list('/v1/projects', { query: LARGE_PAGES }));
        if (json) return writeJson(io, { data: projects });
        const columns = [
          { title: 'project', value: (project: Project) => project.name },
          { title: 'created', value: (project: Project) => project.created_at },
        ];
        io.out.write(renderTable(columns, projects, io.palette));
      }),
    );

const create = (runtime: Runtime): Command =>
  serverCommand('create')
    .description('create a project')
    .argument('<name>')
    .action((name: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const project = await client().post('/v1/projects', { body: { name } });
        if (json) return writeJson(io, project);
        note(
          io,
          `Created project "${name}". Create a key for it: zerodb keys create KEY-NAME --role admin --project ${name}`,
        );
      }),
    );

const remove = (runtime: Runtime): Command =>
  serverCommand('delete')
    .description('delete a project and everything in it')
    .argument('<name>')
    .option('--yes', 'confirm; without it nothing is deleted')
    .action((name: string, options: CommonOptions & { yes?: boolean }) =>
      runtime.run(options, async ({ io, json, client }) => {
        mustBeConfirmed(options.yes, `Deleting project "${name}" deletes all its collections and keys.`);
        const removed = await client().delete('/v1/projects/{name}', { path: { name } });
        if (json) return writeJson(io, removed);
        note(io, `Deleted project "${name}". ${remainsOf(removed)}`);
      }),
    );

const receipt = (runtime: Runtime): Command =>
  serverCommand('receipt')
    .description('what remains of a deleted project, and where')
    .argument('<uid>', 'as "delete" printed it')
    .action((uid: string, options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const removed = await client().get('/v1/projects/deleted/{uid}', { path: { uid } });
        if (json) return writeJson(io, removed);
        note(io, `Project "${removed.name}" is deleted. ${remainsOf(removed)}`);
      }),
    );

const remainsOf = ({ pending, uid }: ProjectRemoval): string =>
  pending.length === 0
    ? 'All of it is removed.'
    : `Being removed: ${pending.join(', ')}. To see what remains: zerodb projects receipt ${uid}`;
