import { Injectable } from '@nestjs/common';

/** Returns the texts of records by their ids; what it leaves out is embedded by the record's own text. */
export type TextSource = (projectId: number, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Collections of the system whose vectors are made from more than a record's text: who knows it registers here. */
@Injectable()
export class ReembeddingTexts {
  private readonly sources = new Map<string, TextSource>();

  register(collectionName: string, source: TextSource): void {
    this.sources.set(collectionName, source);
  }

  async of(collectionName: string, projectId: number, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return (await this.sources.get(collectionName)?.(projectId, ids)) ?? new Map<string, string>();
  }
}
