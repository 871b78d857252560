import { SERVICE_STATES, type Direction } from '../registry/service';
import { embeddingObstacleOf } from './embedding-route';
import { isDelivered, isRead } from './event-route';

const gate = (...admitted: Direction[]) => ({ admits: (direction: Direction) => admitted.includes(direction) });

it('delivers to a broker that takes writes, and reads from one that takes reads', () => {
  expect([isDelivered(gate('write')), isRead(gate('write'))]).toEqual([true, false]);
  expect([isDelivered(gate('read')), isRead(gate('read'))]).toEqual([false, true]);
  expect([isDelivered(undefined), isRead(undefined)]).toEqual([false, false]);
});

it('sends texts to a provider unless it is known to be away', () => {
  expect(SERVICE_STATES.filter((state) => embeddingObstacleOf(state) === undefined)).toEqual([
    'disabled',
    'up',
    'suspect',
    'recovering',
  ]);
});
