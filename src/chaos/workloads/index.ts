import type { Workload } from '../workload';
import { conversationsWorkload } from './conversations';
import { eventsWorkload } from './events';
import { filesWorkload } from './files';
import { memoriesWorkload } from './memories';
import { poisonWorkload } from './poison';
import { recordsWorkload } from './records';
import { searchesWorkload } from './searches';

/** Every workload; cells name those that they run. The first ones start first. */
export const WORKLOADS: readonly Workload[] = [
  recordsWorkload,
  searchesWorkload,
  filesWorkload,
  eventsWorkload,
  poisonWorkload,
  memoriesWorkload,
  conversationsWorkload,
];
