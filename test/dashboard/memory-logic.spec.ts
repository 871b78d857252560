import { lanesOf, MAX_LANES } from '../../dashboard/src/pages/memory/lanes';
import { standingOf } from '../../dashboard/src/pages/memory/standing';
import type { Memory } from '../../dashboard/src/pages/memory/types';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const memory = (part: Partial<Memory>): Memory => ({
  id: 'm',
  kind: 'fact',
  content: 'I live in Berlin.',
  confidence: 1,
  importance: 0.5,
  metadata: {},
  valid_from: '2025-01-01T00:00:00Z',
  valid_to: null,
  recorded_at: '2025-01-01T00:00:00Z',
  updated_at: '2025-01-01T00:00:00Z',
  superseded_at: null,
  superseded_by: null,
  expires_at: null,
  version: 1,
  embedded: true,
  ...part,
});

describe('how a memory stands', () => {
  it.each<[string, Partial<Memory>]>([
    ['valid', {}],
    ['valid', { valid_to: '2026-06-01T00:00:00Z' }],
    ['over', { valid_to: '2025-06-01T00:00:00Z' }],
    ['to come', { valid_from: '2026-06-01T00:00:00Z' }],
    ['superseded', { valid_to: '2025-06-01T00:00:00Z', superseded_by: 'other' }],
  ])('is %s', (name, part) => expect(standingOf(memory(part), NOW).name).toBe(name));
});

describe('facts through time', () => {
  it('are one lane an attribute, in the order of valid time', () => {
    const { lanes } = lanesOf(
      [
        memory({ id: 'b', attribute: 'home', valid_from: '2025-07-02T12:00:00Z' }),
        memory({ id: 'a', attribute: 'home', valid_to: '2025-07-02T12:00:00Z' }),
        memory({ id: 'c', subject: 'rex', attribute: 'age' }),
        memory({ id: 'none' }),
      ],
      NOW,
    );
    expect(lanes.map(({ name }) => name)).toEqual(['home', 'rex: age']);
    expect(lanes[0]?.segments.map(({ memory: { id }, start, end }) => [id, start, end])).toEqual([
      ['a', 0, 0.5],
      ['b', 0.5, 1],
    ]);
  });

  it('have a width when all is of today, and when all is to come', () => {
    const today = lanesOf([memory({ attribute: 'home', valid_from: '2025-12-31T23:59:59Z' })], NOW);
    expect(today.to - today.from).toBe(86_400_000);
    const later = lanesOf([memory({ attribute: 'home', valid_from: '2026-12-31T00:00:00Z' })], NOW);
    expect(later.lanes[0]?.segments[0]).toMatchObject({ start: 1, end: 1 });
  });

  it('are none without attributes, and never more lanes than one can look at', () => {
    expect(lanesOf([memory({})], NOW).lanes).toEqual([]);
    const many = Array.from({ length: 50 }, (_, index) => memory({ id: `${index}`, attribute: `a${index}` }));
    expect(lanesOf(many, NOW).lanes).toHaveLength(MAX_LANES);
  });
});
