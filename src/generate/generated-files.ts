import { packageVersion } from '../config';
import { environmentExample, settingsReference } from '../config/settings-reference';
import { declaredEndpoints } from './declared-endpoints';
import { metricsReference } from './declared-metrics';
import { schemaText } from '../transports/graphql/schema-text';
import { openApiDocument } from '../transports/rest/openapi';

/** The committed files that follow from the code, by their path in the project. A test compares them. */
export const generatedFiles = (): Record<string, string> => ({
  'docs/configuration.md': settingsReference(),
  'docs/metrics.md': metricsReference(),
  'openapi.json': `${JSON.stringify(openApiDocument(declaredEndpoints(), packageVersion()), null, 2)}\n`,
  'docs/schema.graphql': schemaText(declaredEndpoints()),
  '.env.example': environmentExample(),
});
