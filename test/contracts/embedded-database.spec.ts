import { databaseContract } from './database.contract';

describe('the embedded Postgres', () => databaseContract('embedded'));
