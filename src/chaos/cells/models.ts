import type { Cell } from '../cell';
import type { Fault } from '../fault';
import type { Proxied } from '../stage';
import { inTurn, SECOND } from './steps';

const GARBAGE: readonly (readonly [fault: Fault, ms: number])[] = [
  [{ kind: 'broken_json' }, 5 * SECOND],
  [{ kind: 'fin_mid_body' }, 5 * SECOND],
  [{ kind: 'status', statuses: [429, 500, 503], share: 0.7 }, 5 * SECOND],
];

/** The same three faults for whoever turns texts into vectors, and whoever reads conversations. */
const cellsOf = (model: Proxied, name: string, rows: readonly [string, string, string], workload: string): Cell[] => {
  const base = { needs: [], replicas: 1, workloads: [workload], expect: {} } as const;
  return [
    {
      ...base,
      id: `${model}-killed`,
      row: rows[0],
      title: `${name} killed for 12 s`,
      plan: (random) => inTurn(random, model, [{ kind: 'refuse' }, 12 * SECOND]),
    },
    {
      ...base,
      id: `${model}-freeze`,
      row: rows[1],
      title: `${name} takes requests and answers none for 15 s`,
      plan: (random) => inTurn(random, model, [{ kind: 'black_hole' }, 15 * SECOND]),
    },
    {
      ...base,
      id: `${model}-garbage`,
      row: rows[2],
      title: `${name} answers broken JSON, then half answers, then 429, 500 and 503`,
      plan: (random) => inTurn(random, model, ...GARBAGE),
    },
  ];
};

export const modelCells: readonly Cell[] = [
  ...cellsOf('embeddings', 'the embedding endpoint', ['40', '41', '42'], 'memories'),
  ...cellsOf('llm', 'the LLM endpoint', ['43', '44', '45'], 'conversations'),
];
