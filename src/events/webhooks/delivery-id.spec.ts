import { deliveryId } from './delivery-id';

it('is the id of an event without a source of its own', () => {
  expect(deliveryId('o-1', undefined)).toBe('o-1');
  expect(deliveryId('o-1', '')).toBe('o-1');
});

it('differs by source, and is the same for a repeat', () => {
  const ids = ['/shop', '/desk', '/Shop'].map((source) => deliveryId('o-1', source));
  expect(new Set([...ids, 'o-1']).size).toBe(4);
  expect(deliveryId('o-1', '/shop')).toBe(ids[0]);
});

it('fits into a header, whatever the id', () => {
  for (const id of ['ü 1', 'a\r\nb', '\ud800', '😀']) {
    expect(deliveryId(id, `/${id}`)).toMatch(/^[\x21-\x7e]+$/);
  }
});
