import { describeWith, services } from '../support/services';
import { databaseContract } from './database.contract';

describeWith(services.postgresUrl)('a Postgres server', () => databaseContract('server'));
