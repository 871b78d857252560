import type { Body, SearchAnswer, SearchResult } from '../../../api/types';

export type Result = SearchResult;
export type Answer = SearchAnswer;
export type Part = NonNullable<NonNullable<SearchResult['scores']>['vector']>;
export type Step = NonNullable<SearchAnswer['explain']>['steps'][number];

/** A search as the dashboard asks for it: always with its explanation. */
export type SearchBody = Body<'post', '/v1/collections/{collection}/search'> & { readonly explain: true };
export type Engine = NonNullable<SearchBody['engine']>;
