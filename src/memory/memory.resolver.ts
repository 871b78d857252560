import { Injectable } from '@nestjs/common';
import { mutation, GraphqlOperations, query } from '../api/field';

@Injectable()
@GraphqlOperations(
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
