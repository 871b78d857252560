import { Inject, Injectable } from '@nestjs/common';
import { dialectsConfig, type DialectsSettings } from '../../../config';
import { EmbeddingProvider, type EmbeddingModel } from '../../../embeddings/embedding-provider.port';
import { noModel } from '../errors';

/** Which embedding models there are, by the names that clients may use. */
@Injectable()
export class Models {
  constructor(
    private readonly embeddings: EmbeddingProvider,
    @Inject(dialectsConfig.KEY) private readonly settings: DialectsSettings,
  ) {}

  /** The default model's own name first, then those that are configured to stand for it. */
  names(): string[] {
    return [...new Set([this.embeddings.defaultModel.name, ...this.settings.openaiModels])];
  }

  /** Throws OpenAI's error for a name that nothing here goes by. */
  get(name: string): EmbeddingModel {
    if (!this.names().includes(name)) throw noModel(name);
    return this.embeddings.defaultModel;
  }
}
