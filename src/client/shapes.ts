import type { components } from './api-types';

/** What the API takes and answers, by the names of `openapi.json`. */
type Schemas = components['schemas'];

export type AuditEntry = Schemas['AuditEntry'];
export type AuditReport = Schemas['AuditReport'];
export type AuditStatement = Schemas['AuditStatement'];
export type AuditVerification = Schemas['AuditVerification'];
export type Backup = Schemas['Backup'];
export type Backups = Schemas['Backups'];
export type ScheduledBackups = Schemas['ScheduledBackups'];
export type BackgroundPiece = Schemas['BackgroundPiece'];
export type Bucket = Schemas['Bucket'];
export type BrokerGrant = Schemas['BrokerGrant'];
export type ChaosCell = Schemas['ChaosCell'];
export type ChaosVerdict = Schemas['ChaosVerdict'];
export type Collection = Schemas['Collection'];
export type CollectionConsistency = Schemas['CollectionConsistency'];
export type Consistency = Schemas['Consistency'];
export type CountedTopic = Schemas['CountedTopic'];
export type DeadLetter = Schemas['DeadLetter'];
export type DeepHealth = Schemas['DeepHealth'];
export type ImportReport = Schemas['ImportReport'];
export type Key = Schemas['Key'];
export type Memory = Schemas['Memory'];
export type MemoryHistory = Schemas['MemoryHistory'];
export type MemorySearchAnswer = Schemas['MemorySearchAnswer'];
export type Operation = Schemas['Operation'];
export type Problem = Schemas['Problem'];
export type Project = Schemas['Project'];
export type ProjectRemoval = Schemas['ProjectRemoval'];
export type ProjectQuota = Schemas['ProjectQuota'];
export type QuotaUse = Schemas['QuotaUse'];
export type Usage = Schemas['Usage'];
export type UsageDay = Schemas['UsageDay'];
export type Projection = Schemas['Projection'];
export type Reembedding = Schemas['Reembedding'];
export type CompressionStatus = Schemas['CompressionStatus'];
export type IndexAdvice = Schemas['IndexAdvice'];
export type SearchAnswer = Schemas['SearchAnswer'];
export type SearchResult = Schemas['SearchResult'];
export type Service = Schemas['Service'];
export type ServiceTransition = Schemas['ServiceTransition'];
export type StoredFile = Schemas['StoredFile'];
/** `Record` in the API; TypeScript has a type of that name. */
export type StoredRecord = Schemas['Record'];
export type SubscriptionStatus = Schemas['SubscriptionStatus'];
export type Topic = Schemas['Topic'];
export type Upload = Schemas['Upload'];
export type Webhook = Schemas['Webhook'];
export type WebhookStatus = Schemas['WebhookStatus'];
/** A CloudEvent with its offset. */
export type StoredEvent = Schemas['Event'];
