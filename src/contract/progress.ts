/** How far long work has come. Every part is optional: what is not known is not shown. */
export interface Progress {
  readonly text?: string | undefined;
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  readonly doneItems?: number | undefined;
  readonly totalItems?: number | undefined;
  /** Bytes per second. */
  readonly rateBytes?: number | undefined;
  readonly secondsLeft?: number | undefined;
  /** "messages", "files", … */
  readonly unit?: string | undefined;
}
