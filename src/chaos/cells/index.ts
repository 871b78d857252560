import type { Cell } from '../cell';
import { brokerCells } from './broker';
import { objectStoreCells } from './object-store';
import { modelCells } from './models';
import { overloadCells } from './overload';
import { postgresCells } from './postgres';
import { qdrantCells } from './qdrant';
import { replicaCells } from './replicas';
import { togetherCells } from './together';

/** Every cell, in the order of the matrix. A new one needs a line here and nothing else. */
export const CELLS: readonly Cell[] = [
  ...qdrantCells,
  ...objectStoreCells,
  ...brokerCells,
  ...postgresCells,
  ...replicaCells,
  ...modelCells,
  ...togetherCells,
  ...overloadCells,
];
