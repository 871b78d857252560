import { packageVersion } from '../config';
import { environmentExample, settingsReference } from '../config/settings-reference';
import { apiTypes } from './api-types';
import { declaredEndpoints, documentedEndpoints } from './declared-endpoints';
import { metricsReference } from './declared-metrics';
import { goOperations, type Paths } from './go/go-operations';
import { goTypes, type Schemas } from './go/go-types';
import { schemaText } from '../transports/graphql/schema-text';
import { openApiDocument } from '../transports/rest/openapi';

/** The committed files that follow from the code, by their path in the project. A test compares them. */
export const generatedFiles = (): Record<string, string> => {
  const document = openApiDocument(documentedEndpoints(), packageVersion());
  const openApi = `${JSON.stringify(document, null, 2)}\n`;
  const { components, paths } = JSON.parse(openApi) as { components: { schemas: Schemas }; paths: Paths };
  return {
    'docs/configuration.md': settingsReference(),
    'docs/metrics.md': metricsReference(),
    'openapi.json': openApi,
    'src/client/api-types.ts': apiTypes(openApi),
    'sdk/go/types.go': goTypes(components.schemas),
    'sdk/go/operations.go': goOperations(paths),
    'docs/schema.graphql': schemaText(declaredEndpoints()),
    '.env.example': environmentExample(),
  };
};
