import { Injectable } from '@nestjs/common';
import { mutation, Operations, query } from '../api/field';

@Injectable()
@Operations(
  query('memories', 'listMemories', { type: 'Memory' }),
  query('memory', 'getMemory', { type: 'Memory' }),
  query('memoryHistory', 'getMemoryHistory', { type: 'MemoryHistory' }),
  query('searchMemories', 'searchMemories', { type: 'MemorySearchAnswer' }),
  query('memoryContext', 'getMemoryContext', { type: 'MemoryContext' }),
  mutation('addMemories', { type: 'AddMemoriesAnswer' }),
  mutation('patchMemory', { type: 'Memory', conditions: true }),
  mutation('deleteMemory', { conditions: true }),
  mutation('undoMemory', { type: 'MemoryHistory' }),
)
export class MemoryResolver {}
