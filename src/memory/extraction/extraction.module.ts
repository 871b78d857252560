import { Module } from '@nestjs/common';
import { PeerTls } from '../../common/tls';
import { llmConfig, type LlmSettings } from '../../config';
import { OpenAiChatModel } from '../adapters/openai/openai.chat-model';
import { ChatModel } from './chat-model.port';
import { MemoryIndexingModule } from '../indexing/memory-indexing.module';
import { LedgerModule } from '../ledger/ledger.module';
import { ExtractionSettings } from './extraction-settings';
import { Extractor } from './extractor';

/** `null` where none is configured: rules read alone. Always provided, so that its loss fails the start. */
const chatModel = (llm: LlmSettings): ChatModel | null =>
  llm.url === undefined ? null : new OpenAiChatModel({ ...llm, url: llm.url, tls: PeerTls.of(llm) });

/** Memories from messages, by a chat model where one is configured. */
@Module({
  imports: [LedgerModule, MemoryIndexingModule],
  providers: [
    { provide: ChatModel, inject: [llmConfig.KEY], useFactory: chatModel },
    {
      provide: ExtractionSettings,
      inject: [llmConfig.KEY],
      useFactory: (llm: LlmSettings): ExtractionSettings => ({ isEnabled: llm.url !== undefined }),
    },
    Extractor,
  ],
  exports: [ExtractionSettings],
})
export class ExtractionModule {}
