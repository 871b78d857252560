import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { listOf } from '../api/schemas';
import { invalidAt } from '../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../common/paging';
import {
  entrySchema,
  keySchema,
  logQuery,
  reportAnswer,
  reportQuery,
  searchQuery,
  verifyAnswer,
  verifyBody,
} from './dto/audit.schemas';
import type { ChainedEntry } from './entry';
import { AuditLogService, type LogReport } from './log/audit-log.service';
import { ReportService, type ComplianceReport } from './report/report.service';

const NDJSON = 'application/x-ndjson';
const REPORT_DAYS = 90;

const search = defineEndpoint({
  method: 'GET',
  path: '/v1/audit',
  operationId: 'searchAudit',
  audit: 'read',
  tag: 'Audit',
  summary: 'Search the audit log, newest first',
  description:
    'Who did what, on what, from where, with what outcome. For keys with the role `audit` or `admin`. Everything that was ' +
    'answered before is in it.',
  access: 'audit',
  query: searchQuery,
  responses: { 200: listOf(entrySchema) },
  deadlineMs: 20_000,
});

const verify = defineEndpoint({
  method: 'POST',
  path: '/v1/audit/verify',
  operationId: 'verifyAudit',
  audit: 'read',
  // As long as an export: it must not take the places of short requests.
  kind: 'transfers',
  tag: 'Audit',
  summary: 'Verify the audit log',
  description:
    'Reads all of it, and names each entry that was changed, removed, added or moved. With `checkpoints` that were kept ' +
    'elsewhere, also what somebody changed who has the signing key, and that the log was put back to an earlier state or removed.',
  access: 'audit',
  query: logQuery,
  body: verifyBody,
  responses: { 200: verifyAnswer },
  idempotent: false,
  deadlineMs: null,
});

const exportLog = defineEndpoint({
  method: 'GET',
  path: '/v1/audit/export',
  operationId: 'exportAudit',
  audit: 'read',
  kind: 'transfers',
  tag: 'Audit',
  summary: 'The audit log as lines of JSON',
  description:
    'Entries, checkpoints, anchor and head: all that `zerodb audit verify FILE` needs. The last line has the type `head`; ' +
    'a file without it is not whole.',
  access: 'audit',
  query: logQuery,
  responses: { 200: NDJSON },
  deadlineMs: null,
});

const publicKey = defineEndpoint({
  method: 'GET',
  path: '/v1/audit/key',
  operationId: 'getAuditKey',
  audit: 'none',
  tag: 'Audit',
  summary: 'The public key of the audit log',
  description: 'Made at the first start. Keep it elsewhere: what it is to prove should not come with it.',
  access: 'audit',
  responses: { 200: keySchema },
});

const report = defineEndpoint({
  method: 'GET',
  path: '/v1/audit/report',
  operationId: 'reportAudit',
  audit: 'read',
  kind: 'transfers',
  tag: 'Audit',
  summary: 'What the log and the settings prove, and what they cannot',
  description:
    'For GDPR, SOC 2 or HIPAA, since `since` (default: 90 days ago). Facts for an auditor, no judgement: what is `proven` is ' +
    'the statement beside it.',
  access: 'audit',
  query: reportQuery,
  responses: { 200: reportAnswer },
  deadlineMs: null,
});

@Controller()
export class AuditController {
  constructor(
    private readonly logs: AuditLogService,
    private readonly reports: ReportService,
  ) {}

  @Endpoint(search)
  async search(@Input() { caller, query }: EndpointInput<typeof search>): Promise<Page<ChainedEntry>> {
    const { limit, after, log, ...listing } = query;
    const scope = await this.logs.scopeOf(caller, log);
    const print = fingerprintOf(['audit', scope.projectId, listing]);
    const before = after === undefined ? undefined : seqIn(after, print);
    const entries = await this.logs.list(scope, listing, limit + 1, before);
    return pageOf(
      entries,
      limit,
      (entry) => entry,
      ({ seq }) => [seq],
      print,
    );
  }

  @Endpoint(verify)
  async verify(@Input() { caller, query, body, signal }: EndpointInput<typeof verify>): Promise<LogReport> {
    const scope = await this.logs.scopeOf(caller, query.log);
    return await this.logs.verify(scope, body?.checkpoints ?? [], signal);
  }

  @Endpoint(exportLog)
  async export(@Input() { caller, query, signal }: EndpointInput<typeof exportLog>): Promise<Readable> {
    const scope = await this.logs.scopeOf(caller, query.log);
    return Readable.from(this.logs.export(scope, signal));
  }

  @Endpoint(publicKey)
  async key(): Promise<{ readonly public_key: string; readonly key_id: string }> {
    return await this.logs.publicKey();
  }

  @Endpoint(report)
  async report(@Input() { caller, query, signal }: EndpointInput<typeof report>): Promise<ComplianceReport> {
    const scope = await this.logs.scopeOf(caller, query.log);
    const since = query.since === undefined ? daysAgo(REPORT_DAYS) : new Date(query.since);
    return await this.reports.report(scope, query.framework, since, signal);
  }
}

const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

const seqIn = (cursor: string, print: string): number => {
  const [seq] = decodeCursor(cursor, print, 1, 'query:after');
  if (!Number.isSafeInteger(seq)) throw invalidAt('query:after', 'is no cursor of this list');
  return seq as number;
};
