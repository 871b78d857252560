import type { EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { Database } from '../../src/database/database.port';
import { SessionDataSource } from '../../src/database/entities/session-data-source';

type EntityClass = abstract new () => ObjectLiteral;

/** The entities on the sessions of `database`, as `DatabaseModule` opens them. */
export const openEntities = (database: Database, entities: readonly EntityClass[]): Promise<SessionDataSource> =>
  new SessionDataSource({ sessions: database, entities: entities as never[] }).initialize();

/** What `@InjectRepository(entity)` injects. */
export const repositoryOf = async <T extends ObjectLiteral>(
  database: Database,
  entity: EntityTarget<T> & EntityClass,
): Promise<Repository<T>> => (await openEntities(database, [entity])).getRepository<T>(entity);
