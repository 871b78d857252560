import type { AuditSettings } from '../../config';
import type { LogReport } from '../log/audit-log.service';
import type { Figures } from './report.repository';

export const FRAMEWORKS = ['gdpr', 'soc2', 'hipaa'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** What there is to judge by. */
export interface Grounds {
  readonly figures: Figures;
  readonly log: LogReport;
  readonly settings: AuditSettings;
}

export interface ReportLine {
  /** The article, criterion or paragraph that asks for it. */
  readonly reference: string;
  readonly statement: string;
  /** Whether the log and the settings prove the statement. */
  readonly proven: boolean;
  readonly evidence: string;
}

type Judge = (grounds: Grounds) => Omit<ReportLine, 'reference'>;

const HIPAA_DAYS = 6 * 365 + 2;

const recorded: Judge = ({ figures, log }) => ({
  statement: 'Administrative acts are recorded with actor, action, resource, address, time and outcome.',
  proven: log.valid,
  evidence: `${figures.administrative} administrative entries in the period; the log begins ${figures.firstAt?.toISOString() ?? 'with its first entry'}.`,
});

const intact: Judge = ({ log }) => ({
  statement:
    'The log is intact up to its signed end: no entry was changed, removed, added or moved since it was chained.',
  proven: log.valid,
  evidence: log.valid
    ? `${log.entries} entries verified against ${log.checkpoints} checkpoints, the signed head and the key ${log.key_id}; ${log.unchained} entries wait to be chained. No head that was kept elsewhere was compared.`
    : `Verification found ${log.faults_total} faults; the first: ${log.faults[0]?.message ?? ''}.`,
});

const reads: Judge = ({ figures, settings }) => ({
  statement: 'Who read data is recorded.',
  proven: settings.dataAccess === 'all',
  evidence: `ZERODB_AUDIT_DATA_ACCESS is "${settings.dataAccess}"; ${figures.reads} reads in the period.`,
});

const writes: Judge = ({ figures, settings }) => ({
  statement: 'Who changed data is recorded, in the transaction of the change.',
  proven: settings.dataAccess !== 'off',
  evidence: `ZERODB_AUDIT_DATA_ACCESS is "${settings.dataAccess}"; ${figures.writes} writes in the period.`,
});

const keys: Judge = ({ figures }) => ({
  statement: 'Access is given and taken away by keys with roles, and each of these acts is recorded.',
  proven: true,
  evidence: `${figures.keysCreated} keys created and ${figures.keysRevoked} revoked in the period; ${figures.keysValid} are valid now, ${figures.adminKeys} of them with the role admin.`,
});

const expiry: Judge = ({ figures }) => ({
  statement: 'Every valid key expires.',
  proven: figures.keysWithoutExpiry === 0,
  evidence: `${figures.keysWithoutExpiry} of ${figures.keysValid} valid keys have no expiry.`,
});

const refused: Judge = ({ figures }) => ({
  statement: 'Refused requests are recorded.',
  proven: true,
  evidence: `${figures.refused} requests were refused in the period. Those of keys that are not known are in the log of the installation, in numbers.`,
});

const erased: Judge = ({ figures }) => ({
  statement: 'Every erasure that was requested is complete in every service.',
  proven: figures.erasuresPending === 0,
  evidence: `${figures.erasuresComplete} erasures of the period are complete, ${figures.erasuresPending} are pending.`,
});

const limited: Judge = ({ settings }) => ({
  statement: 'The log itself is kept for a limited time.',
  proven: settings.retentionDays > 0,
  evidence: retentionOf(settings),
});

const sixYears: Judge = ({ settings }) => ({
  statement: 'The log is kept for six years or longer.',
  proven: settings.retentionDays === 0 || settings.retentionDays >= HIPAA_DAYS,
  evidence: `${retentionOf(settings)} The setting says nothing of the time before it was set.`,
});

const retentionOf = ({ retentionDays }: AuditSettings): string =>
  retentionDays === 0 ? 'Entries are kept for ever.' : `Entries are removed after ${retentionDays} days.`;

export const STATEMENTS: Readonly<Record<Framework, readonly (readonly [string, Judge])[]>> = {
  gdpr: [
    ['Art. 5(2), 24', recorded],
    ['Art. 5(1)(f), 32', intact],
    ['Art. 17', erased],
    ['Art. 32(1)(b)', keys],
    ['Art. 32(1)(b)', expiry],
    ['Art. 32(1)(d)', refused],
    ['Art. 32', writes],
    ['Art. 32', reads],
    ['Art. 5(1)(e)', limited],
  ],
  soc2: [
    ['CC6.1, CC6.2, CC6.3', keys],
    ['CC6.1', expiry],
    ['CC6.6, CC7.2', refused],
    ['CC7.2, CC7.3, CC8.1', recorded],
    ['CC7.1', intact],
    ['CC7.2', writes],
    ['CC7.2', reads],
  ],
  hipaa: [
    ['164.312(b)', recorded],
    ['164.312(b)', writes],
    ['164.312(b)', reads],
    ['164.312(c)(1)', intact],
    ['164.312(a)(1)', keys],
    ['164.308(a)(5)(ii)(C)', refused],
    ['164.316(b)(2)(i)', sixYears],
  ],
};

const ALWAYS = [
  'What somebody with a login of the database does there: it leaves no entry. What they change in the log is found, except for what the next line says, in entries of the last moment that are not chained, and after the last checkpoint that was kept elsewhere if they also have the signing key, which is in the database.',
  'That the log was not put back to an earlier state as a whole, or removed: neither needs the key. Verify it against a head that was kept elsewhere.',
  'Which person used a key: entries name keys.',
  'What happened while the setting for data access was another one, or before this version was installed.',
  'That reads of the last half second before a process was killed are in the log.',
  'Connections that stream (WebSocket, events) beyond the request that began them.',
  'Encryption in transit and at rest: neither is seen by the log.',
];

export const CANNOT: Readonly<Record<Framework, readonly string[]>> = {
  gdpr: [
    ...ALWAYS,
    'The lawfulness of the processing: consent, purpose, contracts with processors.',
    'That backups from before an erasure were removed.',
    'That a breach was noticed and reported (Art. 33, 34).',
  ],
  soc2: [
    ...ALWAYS,
    'That somebody reviews the log, and approves changes before they are made (CC7.2, CC8.1).',
    'Backups, their tests and availability (A1.2, A1.3): see `zerodb backup verify`.',
    'People, vendors, offices and policies (CC1 to CC5, CC9).',
  ],
  hipaa: [
    ...ALWAYS,
    'That records of activity are reviewed (164.308(a)(1)(ii)(D)).',
    'The identity of persons (164.312(d)) and automatic logoff (164.312(a)(2)(iii)).',
    'Agreements with business associates, training, and physical safeguards.',
  ],
};
