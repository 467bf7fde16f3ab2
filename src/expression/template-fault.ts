/** What is wrong inside a template, by its own line (from 1) and column (from 0). */
export class TemplateFault extends Error {
  readonly line: number;
  readonly column: number;
  readonly hint: string | undefined;

  constructor(message: string, at: { readonly line: number; readonly column: number }, hint?: string) {
    super(message);
    this.line = at.line;
    this.column = at.column;
    this.hint = hint;
  }
}
