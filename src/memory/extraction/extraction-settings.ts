/** Whether an LLM reads what is said. Without one the rules alone do. */
export abstract class ExtractionSettings {
  abstract readonly isEnabled: boolean;
}
