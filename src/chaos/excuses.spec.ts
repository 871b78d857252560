import { CELLS } from './cells';
import { isCutOff, isFull, isHonestWrite, isOfFrozen, once, onlyInPostgres } from './excuses';
import type { Failure } from './recorder';

const failure = (more: Partial<Failure> = {}): Failure => ({
  at: 0,
  phase: 'fault',
  operation: 'put',
  kind: '503 unavailable',
  ms: 5,
  isHonest: true,
  replica: 'replica 1',
  broken: ['postgres'],
  detail: '',
  ...more,
});

describe('what a fault excuses', () => {
  it.each(['put', 'patch', 'delete', 'get', 'count'])('without Postgres: an honest 503 to %s', (operation) => {
    expect(onlyInPostgres(failure({ operation }))).toBe(true);
    expect(onlyInPostgres(failure({ operation, isHonest: false }))).toBe(false);
  });

  it.each(['search', 'filtered', 'file get'])('never what another service can answer: %s', (operation) => {
    expect(onlyInPostgres(failure({ operation }))).toBe(false);
    expect(isHonestWrite(failure({ operation }))).toBe(false);
    expect(isFull(failure({ operation, kind: '507 storage_full' }))).toBe(false);
    for (const { id, expect: expected } of CELLS.filter(({ row }) => /^(24|25|26|27|28|30|31)/.test(row)))
      expect([id, expected.excuses?.(failure({ operation })) ?? false]).toEqual([id, false]);
  });

  it('of a full disk: writes alone', () => {
    expect(isFull(failure({ kind: '507 storage_full' }))).toBe(true);
    expect(isFull(failure({ kind: '507 storage_full', operation: 'get' }))).toBe(false);
  });

  it('of a replica that dies: answers that were cut off, and no refusal while another one runs', () => {
    expect(isCutOff(failure({ kind: 'reset' }))).toBe(true);
    expect(isCutOff(failure({ kind: 'refused' }))).toBe(false);
  });

  it('of a frozen replica: what that one had been asked', () => {
    expect(isOfFrozen(failure({ replica: 'replica 2', kind: 'hung', isHonest: false }))).toBe(true);
    expect(isOfFrozen(failure({ replica: 'replica 1', kind: 'hung', isHonest: false }))).toBe(false);
    expect(isOfFrozen(failure({ replica: 'replica 2', kind: '500 internal', isHonest: false }))).toBe(false);
  });

  it('of a service: nothing before it was broken itself', () => {
    expect(once('postgres', () => true)(failure({ broken: ['qdrant'] }))).toBe(false);
    expect(once('postgres', () => true)(failure({ broken: ['qdrant', 'postgres'] }))).toBe(true);
  });
});
