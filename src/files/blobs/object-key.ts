import { randomUUID } from 'node:crypto';

/** A new key for an object of a project's files. */
export const newObjectKey = (projectId: number): string => `p${projectId}/${randomUUID()}`;

const OBJECT_KEY = /^p\d{1,10}\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `newObjectKey` made it. Whatever else lies in the same bucket, such as backups, is not ours to remove. */
export const isObjectKey = (key: string): boolean => OBJECT_KEY.test(key);
