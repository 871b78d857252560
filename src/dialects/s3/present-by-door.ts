import { asProblem, type PresentError } from '../../transports/rest/http-adapter';
import { presentError } from './present-error';
import { isOfS3 } from './prefix';

/** On the HTTP port, which serves S3 too: each client gets errors in its own shape. */
export const presentByDoor: PresentError = (error, request, reply) =>
  (isOfS3(request.raw.url ?? '') ? presentError : asProblem)(error, request, reply);
