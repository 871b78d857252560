import type { Projection } from '../../../api/types';

/** A collection's vectors in the plane. */
export type { Projection };
export type MapPoint = Projection['points'][number];
/** Of the field that colours the map. */
export type Value = NonNullable<MapPoint['value']> | null;
