/** What the API takes and answers, as `openapi.json` declares it. */
export type * from '../../../src/client';
